# Start of the hypervisor, and the one way into the guest and back.

        .section .start, "ax"
        .global _start
_start:
        leaq    0x1f0000, %rsp
        leaq    bss_start(%rip), %rdi
        leaq    bss_end(%rip), %rcx
        subq    %rdi, %rcx
        xorl    %eax, %eax
        rep stosb
        call    bench
1:      hlt
        jmp     1b

        .text
        # long enter(u64 gpr[16], long launched): runs the guest until its next exit. RSP (gpr[4]) is
        # the VMCS's. Answers 0 after an exit, 1 if the entry failed.
        .global enter
enter:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        push    %rdi
        movl    $0x6c14, %eax           # host RSP
        vmwrite %rsp, %rax
        jbe     failed
        leaq    exited(%rip), %rdx
        movl    $0x6c16, %eax           # host RIP
        vmwrite %rdx, %rax
        jbe     failed
        testq   %rsi, %rsi
        movq    %rdi, %rax
        movq    8(%rax), %rcx
        movq    16(%rax), %rdx
        movq    24(%rax), %rbx
        movq    40(%rax), %rbp
        movq    48(%rax), %rsi
        movq    56(%rax), %rdi
        movq    64(%rax), %r8
        movq    72(%rax), %r9
        movq    80(%rax), %r10
        movq    88(%rax), %r11
        movq    96(%rax), %r12
        movq    104(%rax), %r13
        movq    112(%rax), %r14
        movq    120(%rax), %r15
        movq    0(%rax), %rax
        jnz     1f
        vmlaunch
        jmp     failed
1:      vmresume
failed:
        movl    $1, %eax
        jmp     2f
exited:
        push    %rax
        movq    8(%rsp), %rax
        movq    %rcx, 8(%rax)
        movq    %rdx, 16(%rax)
        movq    %rbx, 24(%rax)
        movq    %rbp, 40(%rax)
        movq    %rsi, 48(%rax)
        movq    %rdi, 56(%rax)
        movq    %r8, 64(%rax)
        movq    %r9, 72(%rax)
        movq    %r10, 80(%rax)
        movq    %r11, 88(%rax)
        movq    %r12, 96(%rax)
        movq    %r13, 104(%rax)
        movq    %r14, 112(%rax)
        movq    %r15, 120(%rax)
        pop     %rcx
        movq    %rcx, 0(%rax)
        xorl    %eax, %eax
2:      pop     %rdi
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

        .section .note.GNU-stack, "", @progbits
