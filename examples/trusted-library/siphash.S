# siphash.S: a library that knows a key its process does not
#
#     as -o siphash.o siphash.S
#
# SipHash-2-4 (Aumasson, Bernstein 2012) of one 64-byte record. The key lies in a protected view of
# memory (EPTP-list index 1); the process that wants the tag has the records, and calls.
#
# Calling convention, from ring 3:
#
#     rdi   record (taken modulo 64)
#     r14   the caller's stack pointer, put back before the return
#     r15   the return address
#     jump to `enter`
#
#     rdx   (and rax) the tag
#     rbx rbp r12 r13 r14 r15 are preserved; rcx rsi rdi r8-r11 come back zero

        .intel_syntax noprefix

        .equ VIEW,       1
        .equ .Lstack_top, gate_page + 0x00003000
        .equ .Lkey,       gate_page + 0x00004000
        .equ .Lrecords,   gate_page + 0x0000f000

        .global enter, entered, tag, leave, left

        .section .trampoline, "ax", @progbits
gate_page:
trap:
        vmcall
        jmp     trap
        .balign 16, 0xcc

enter:
        mov     ecx, VIEW
        xor     eax, eax
        vmfunc
entered:
        xor     eax, eax                # mode probe: see vhost_tx.S
        .byte   0x40
        nop
        test    eax, eax
        jnz     trap
        cmp     ecx, VIEW
        jne     trap
        mov     eax, cs                 # ring 3
        and     eax, 3
        cmp     eax, 3
        jne     trap
        lea     rsp, [rip + .Lstack_top]
        push    2
        popfq
        lfence
        jmp     tag
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


        .section .protected, "ax", @progbits

# v0 to v3 are r8 to r11.
        .macro sipround
        add     r8, r9
        add     r10, r11
        rol     r9, 13
        rol     r11, 16
        xor     r9, r8
        xor     r11, r10
        rol     r8, 32
        add     r10, r9
        add     r8, r11
        rol     r9, 17
        rol     r11, 21
        xor     r9, r10
        xor     r11, r8
        rol     r10, 32
        .endm

# No loop: a branch per word would want a fence per word.
        .macro absorb
        xor     r11, rax
        sipround
        sipround
        xor     r8, rax
        .endm

tag:
        and     edi, 63
        shl     edi, 6
        lea     rsi, [rip + .Lrecords]
        add     rsi, rdi

        mov     rax, [rip + .Lkey]
        mov     rdx, [rip + .Lkey + 8]
        movabs  r8, 0x736f6d6570736575
        movabs  r9, 0x646f72616e646f6d
        movabs  r10, 0x6c7967656e657261
        movabs  r11, 0x7465646279746573
        xor     r8, rax
        xor     r10, rax
        xor     r9, rdx
        xor     r11, rdx

        .irp    offset, 0, 8, 16, 24, 32, 40, 48, 56
        mov     rax, [rsi + \offset]    # each word once
        absorb
        .endr
        movabs  rax, 64 << 56           # the length, and no bytes left over
        absorb
        xor     r10, 0xff
        sipround
        sipround
        sipround
        sipround

        mov     rdx, r8                 # the result
        xor     rdx, r9
        xor     rdx, r10
        xor     rdx, r11

        xor     esi, esi
        xor     edi, edi
        xor     r8d, r8d
        xor     r9d, r9d
        xor     r10d, r10d
        xor     r11d, r11d
        jmp     leave
