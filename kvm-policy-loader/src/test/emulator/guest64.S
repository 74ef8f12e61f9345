/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the guest of long.c executes, at 1000h in 64-bit mode. The gate at 2000h is that of
 * examples/kvm/guest.postern: it is entered at 2010h and comes back to R15 with R14 as it was.
 */
#include "timer.h"

	.section .rodata
	.macro gate
	movq %rsp, %r14
	movl $0x2010, %eax
	leaq 1f(%rip), %r15
	jmp *%rax
1:	movq %r14, %rsp
	.endm

	.global long_page
	.balign 4096
	.code64
long_page:
	/* 1000: a guest with nothing to do. */
1:	inl $17, %eax
	jmp 1b
	.org 0x40			/* 1040: posts; how often this vCPU has */
	gate
	movl %edx, %eax
	outl %eax, $16
2:	inl $17, %eax
	jmp 2b
	.org 0x100			/* 1100: reads where the view has the mailbox */
	movl 0x8000, %eax
	hlt
	.org 0x120			/* 1120: writes to the gate */
	movl %eax, 0x2000
	hlt
	.org 0x140			/* 1140: VMFUNC of its own */
	movl $1, %ecx
	xorl %eax, %eax
	vmfunc
	hlt
	.org 0x160			/* 1160: writes to its paging structures */
	movq 0xa000, %rax
	movq %rax, 0xa000
	hlt
	.org 0x180			/* 1180: the gate's second VMFUNC, into the view */
	movl $1, %ecx
	xorl %eax, %eax
	movl $0x2044, %ebx
	jmp *%rbx
	.org 0x1a0			/* 11a0: paging structures of its own choice */
	movl $0x13000, %eax
	movq %rax, %cr3
	movl $0x2010, %eax
	jmp *%rax
	/*
	 * 1200: posts for ever, with a timer, a hundred times a second: with all controls demanded an
	 * exit takes this emulator so long that at a thousand nothing but its handler would run.
	 */
	.org 0x200
	cli
	timer 0x20, 0x2e9c
3:	cli
	gate
	sti				/* the gate leaves interrupts off */
	nop
	movl %edx, %eax
	outl %eax, $16
	jmp 3b
	.org 0x300			/* 1300: its handler counts at 12010h */
	pushq %rax
	incw 0x12010
	movb $0x20, %al
	outb %al, $0x20
	popq %rax
	iretq
	.org 0x1000
	.section .note.GNU-stack, "", @progbits
