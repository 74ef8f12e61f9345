# gate.S: the gate page in front of each function, which it calls at the start of the next page.
# The checks are those of ../vhost-tx/vhost_tx.S, which explains them.
#
# From ring 0 of the caller: rdi, rsi, rdx are the arguments, r14 the stack pointer, r15 the return
# address; jump to `enter`. Back in rdx (and rax) is the result; rbx rbp r12 r13 r14 r15 are
# preserved; all else comes back cleared.

        .intel_syntax noprefix

        .equ VIEW,         1                    # EPTP-list index of the protected view
        .equ .Lfunction,   gate_page + 0x00001000
        .equ .Lstack_top,  gate_page + 0x00008000

        .global enter, entered, leave, left
        .section .note.GNU-stack, "", @progbits

        .section .trampoline, "ax", @progbits
gate_page:
trap:
        vmcall                          # always exits; the hypervisor ends the guest
        jmp     trap
        .balign 16, 0xcc

enter:
        mov     ecx, VIEW
        xor     eax, eax
        vmfunc
entered:
        xor     eax, eax                # 64-bit mode?
        .byte   0x40
        nop
        test    eax, eax
        jnz     trap
        cmp     ecx, VIEW               # this view?
        jne     trap
        mov     eax, cs                 # ring 0?
        test    al, 3
        jnz     trap
        lea     rsp, [rip + .Lstack_top]
        push    2                       # DF, TF, AC, NT, IF off
        popfq
        lfence
        call    .Lfunction
        # What leaves the view: the result in RDX, what C preserves, constants.
        mov     rdx, rax
        xor     esi, esi
        xor     edi, edi
        xor     r8d, r8d
        xor     r9d, r9d
        xor     r10d, r10d
        xor     r11d, r11d
        jmp     leave
        .balign 16, 0xcc

leave:
        xor     ecx, ecx
        xor     eax, eax
        vmfunc
left:
        xor     eax, eax
        .byte   0x40
        nop
        test    eax, eax
        jnz     trap
        test    ecx, ecx
        jnz     trap
        lfence
        mov     rsp, r14
        mov     rax, rdx
        jmp     r15
