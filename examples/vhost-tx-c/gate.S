# gate.S: the gate page in front of vhost_tx.c; the same checks as ../vhost-tx/vhost_tx.S, which
# explains them, then a C call on the private stack and the scrub behind it.
#
# From ring 0 of the sender:
#
#     rdi   packets to send at most (the code sends eight at most, whatever it says)
#     r14   the caller's stack pointer, put back before the return
#     r15   the return address
#     jump to `enter`
#
#     rdx   (and rax) packets consumed from the ring
#     rbx rbp r12 r13 r14 r15 are preserved; rcx rsi rdi r8-r11 and the flags come back cleared

        .intel_syntax noprefix

        .equ VIEW,         1                    # EPTP-list index of the protected view
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
        call    transmit
        # What leaves the view: the result in RDX, what C preserves, constants.
        mov     edx, eax
.ifndef BUG_SCRUB                       # what C left in them goes out
        xor     esi, esi
        xor     edi, edi
        xor     r8d, r8d
        xor     r9d, r9d
        xor     r10d, r10d
        xor     r11d, r11d
.endif
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
