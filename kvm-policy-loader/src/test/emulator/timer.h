/* SPDX-License-Identifier: GPL-2.0 */
/* The same bytes in 16- and in 64-bit mode: IRQ 0 alone, at a vector, each so many 1193182nds of a second. */
	.macro timer vector, divisor
	movb $0x11, %al
	outb %al, $0x20
	movb $\vector, %al
	outb %al, $0x21
	movb $0x04, %al
	outb %al, $0x21
	movb $0x01, %al
	outb %al, $0x21
	movb $0xfe, %al
	outb %al, $0x21
	movb $0x34, %al
	outb %al, $0x43
	movb $(\divisor & 255), %al
	outb %al, $0x40
	movb $(\divisor >> 8), %al
	outb %al, $0x40
	.endm
