/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the guests execute: `low_page` at 1000h, `gate_page` at 2000h in real
 * mode, the rest of low_page in 64-bit mode. Data is at 5000h (protected),
 * 6000h (private), stacks below 9000h.
 */
#include "timer.h"

	.section .rodata
	.macro view number
	movl $\number, %ecx
	xorl %eax, %eax
	.byte 0x0f, 0x01, 0xd4		/* vmfunc */
	.endm
	/* AX to port 16, and back to the caller. */
	.macro answer
	outw %ax, $16
	ret
	.endm

	.global low_page
	.balign 4096
low_page:
	.code16
	/* 1000: a guest with nothing to do; every round is an exit to its monitor. */
1:	inw $17, %ax
	jmp 1b
	.org 0x100			/* 1100: reads what is protected */
	movw 0x5000, %ax
	hlt
	.org 0x120			/* 1120: writes to the gate */
	movw %ax, 0x2000
	hlt
	.org 0x140			/* 1140: VMFUNC of its own */
	view 1
	hlt
	.org 0x160			/* 1160: a slot of the list that is empty */
	view 5
	hlt
	.org 0x180			/* 1180: another VM function */
	movl $1, %ecx
	movl $1, %eax
	.byte 0x0f, 0x01, 0xd4
	hlt
	.org 0x200			/* 1200: #UD */
	movw $0xd06, %ax
	outw %ax, $16
	hlt
	.org 0x220			/* 1220: #BP */
	movw $0xd03, %ax
	outw %ax, $16
	hlt
	.org 0x240			/* 1240: breakpoint in the default view */
	int3
	.org 0x300			/* 1300: a timer, a thousand times a second */
	cli
	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %ss
	movw $0x1380, 8 * 4
	movw $0, 8 * 4 + 2
	timer 0x08, 0x4a9
	jmp calls
	.org 0x380			/* 1380: its handler counts at 8010h */
	pushw %ax
	incw 0x8010
	movb $0x20, %al
	outb %al, $0x20
	popw %ax
	iretw
	.org 0x3a0			/* 13a0: calls the long gate, for ever */
calls:	cli
	movw $0x2080, %si
	callw *%si
	sti
	nop
	jmp calls
	.org 0x3c0			/* 13c0: with interrupts on, which is wrong */
1:	sti
	movw $0x2080, %si
	callw *%si
	jmp 1b
	/*
	 * 13e0: to the gate that never comes back. With IF set, because in this
	 * emulator no interrupt exits from a guest that was entered with it clear.
	 */
	.org 0x3e0
	sti
	movw $0x20c0, %si
	jmp *%si

	.code64
	.org 0x400			/* 1400: 64-bit: what stays as it is */
	mov %cr0, %rax
	bts $3, %eax			/* TS is the guest's */
	mov %rax, %cr0
	clts
	mov %cr3, %rax
	mov %rax, %cr3
	movl $0xc0000080, %ecx
	rdmsr
	wrmsr				/* EFER as it was */
	xorl %ecx, %ecx
	xorl %edx, %edx
	movl $1, %eax
	xsetbv				/* less than is pinned */
	lidt 0xf000			/* where nothing is protected */
	sidt 0xf040
	mov %dr0, %rax
	mov %rax, %dr0
	int3				/* reaches the guest's handler */
	movl $0x40000000, %ebx
	movl (%rbx), %eax		/* #PF, and what it was about */
	movl $0x28, %eax
	mov %eax, %ds			/* #GP with its error code */
	jmp 2f
	.org 0x500			/* 1500: CR0.WP */
	mov %cr0, %rax
	btc $16, %eax
	mov %rax, %cr0
	jmp 2f
	.org 0x520			/* 1520: EFER.NXE */
	movl $0xc0000080, %ecx
	rdmsr
	btc $11, %eax
	wrmsr
	jmp 2f
	.org 0x540			/* 1540: more in XCR0 than is pinned */
	xorl %ecx, %ecx
	xorl %edx, %edx
	movl $7, %eax
	xsetbv
	jmp 2f
	.org 0x560			/* 1560: IDT where protected code is */
	lidt 0xf020
	jmp 2f
	.org 0x580			/* 1580: CR4.PAE stays, CR4.VMXE cannot be; PSE */
	mov %cr4, %rax
	btc $4, %eax
	mov %rax, %cr4
	jmp 2f
	.org 0x600			/* 1600: #BP */
	movl $0x33, %eax
	outl %eax, $16
	iretq
	.org 0x620			/* 1620: #PF: error code, CR2; then over the load */
	popq %rax
	outl %eax, $16
	mov %cr2, %rax
	outl %eax, $16
	addq $2, (%rsp)
	iretq
	.org 0x640			/* 1640: #GP: error code; then over the move */
	popq %rax
	outl %eax, $16
	addq $2, (%rsp)
	iretq
	.org 0x700
2:	movl $0x600d, %eax
	outl %eax, $16
3:	inl $17, %eax
	jmp 3b
	.org 0x1000

	.global gate_page
gate_page:
	.code16
	/* 2000: a protected word, by way of private memory, to the caller. */
	view 1
	movw 0x5000, %ax
	movw %ax, 0x6000
	movw 0x6000, %bx
	view 0
	movw %bx, %ax
	answer
	.org 0x1040			/* 2040: what is in private memory */
	view 1
	movw 0x6000, %bx
	view 0
	movw %bx, %ax
	answer
	.org 0x1080			/* 2080: the protected word, after a while */
	view 1
	movw $0x2000, %cx
1:	movw 0x5000, %bx
	decw %cx
	jnz 1b
	view 0
	movw %bx, %ax
	answer
	.org 0x10c0			/* 20c0: never comes back */
	view 1
1:	jmp 1b
	.org 0x1100			/* 2100: an exception in a protected view */
	view 1
	int3
	.org 0x1140			/* 2140: whose handler would run there */
	view 0
	movw $0xbad, %ax
	answer
	.org 0x1180
	.fill 0xe80, 1, 0xcc
	.section .note.GNU-stack, "", @progbits
