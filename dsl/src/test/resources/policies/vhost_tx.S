	.intel_syntax noprefix
	.section .trampoline,"ax",@progbits
	.globl enter, entered, leave, left
enter:	mov ecx,1
	xor eax,eax
	vmfunc
entered: lea rsp,[rip+stack_top]
	jmp transmit
leave:	xor ecx,ecx
	xor eax,eax
	vmfunc
left:	jmp r15
	.section .protected,"ax",@progbits
	.globl transmit
transmit: xor edx,edx
	jmp leave
	.set stack_top, 0x80007000
