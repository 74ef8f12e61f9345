# vhost_rx.S: the receive half of vhost-net, run by the receiving guest itself
#
#     as -o vhost_rx.o vhost_rx.S
#
# The mirror of vhost_tx.S. A NAT guest fetches the packets a firewall guest has queued: its own vCPU
# enters a protected view (EPTP-list index 1) in which the sender's transmit ring and buffers are
# mapped beside the NAT guest's receive memory, copies one packet and publishes the used index.
#
# Here the one who calls is the one who receives, so the addresses and lengths that are checked come
# from the other guest, and the caller's part is one buffer number. Neither is trusted.
#
# Calling convention, from ring 0 of the receiver:
#
#     rdi   number of the buffer to fill (taken modulo the number of buffers)
#     r14   the caller's stack pointer, put back before the return
#     r15   the return address
#     jump to `enter`
#
#     rdx   (and rax) bytes received, or a negative errno: -EAGAIN nothing queued, -EINVAL the
#           sender's descriptor was refused, and was given back to it unsent
#     rbx rbp r12 r13 r14 r15 are preserved; rcx rsi rdi r8-r11 come back zero
#     flags come back cleared, interrupts off: the caller saves and restores its own

        .intel_syntax noprefix

        .equ VIEW,         1            # EPTP-list index of the protected view
        .equ EAGAIN,       11
        .equ EINVAL,       22

        # Layout of the view, relative to the gate page; the policy states the same.
        .equ .Lstack_top,  gate_page + 0x00003000
        .equ .Lstate,      gate_page + 0x00004000
        .equ .Lrx_memory,  gate_page + 0x00fff000
        .equ .Ltx_ring,    gate_page + 0x0ffff000
        .equ .Ltx_used,    gate_page + 0x10001000
        .equ .Ltx_buffers, gate_page + 0x10fff000

        # The sender's ring, a split virtqueue (virtio 1.2, 2.7): a page of descriptors, a page with
        # the available ring, a page with the used ring. Descriptors name buffers by the sender's own
        # guest-physical addresses.
        .equ TX_GPA,       0x38000000
        .equ TX_SIZE,      0x01000000
        .equ DESC_SHIFT,   4            # le64 addr, le32 len, le16 flags, le16 next
        .equ DESC_LEN,     8
        .equ DESC_FLAGS,   7            # NEXT, WRITE, INDIRECT: one plain readable buffer, or none
        .equ .Ltx_avail,   .Ltx_ring + 0x1000
        .equ RING_IDX,     2            # both rings: le16 flags, le16 idx, then the entries
        .equ RING_ENTRY,   4

        # The receiver's buffers: 2 KiB each, in one array.
        .equ RX_BUFFERS,   8192
        .equ RX_SHIFT,     11

        .equ MIN_PACKET,   12           # struct virtio_net_hdr_v1
        .equ MAX_PACKET,   1 << RX_SHIFT

        .global enter, entered, receive, leave, left


# ---- the gate page ---------------------------------------------------------------------------------

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
        xor     eax, eax                # mode probe: see vhost_tx.S
        .byte   0x40
        nop
        test    eax, eax
        jnz     trap
        cmp     ecx, VIEW
        jne     trap
        mov     eax, cs
        test    al, 3
        jnz     trap
        lea     rsp, [rip + .Lstack_top]
        push    2
        popfq
        lfence
        jmp     receive
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


# ---- protected code --------------------------------------------------------------------------------

        .section .protected, "ax", @progbits

receive:
        # Is there a packet: the sender's word against our own count, which no ring holds.
        mov     rdx, -EAGAIN
        mov     r10d, [rip + .Lstate]
        movzx   eax, word ptr [rip + .Ltx_avail + RING_IDX]
        cmp     ax, r10w
        je      scrub
        lfence

        # Its head, masked: a sender that lies names another of its own descriptors.
        movzx   r11d, r10b                      # the ring has 256 entries
        lea     r8, [rip + .Ltx_avail + RING_ENTRY]
        movzx   r9d, byte ptr [r8 + r11 * 2]    # le16, of which 255 are numbers

        # The descriptor, in one fetch. From here on its owner may write what it likes.
        mov     eax, r9d
        shl     eax, DESC_SHIFT
        lea     r8, [rip + .Ltx_ring]
        mov     rsi, [r8 + rax]                 # addr
        mov     rcx, [r8 + rax + DESC_LEN]      # len, flags << 32, next << 48
        mov     r8, rcx
        shr     r8, 32
        mov     ecx, ecx                        # len alone

        # Whatever is wrong with it, it goes back to the sender, and the ring moves on.
        test    r8d, DESC_FLAGS
        jnz     refuse
        lea     eax, [rcx - MIN_PACKET]
        cmp     eax, MAX_PACKET - MIN_PACKET
        ja      refuse
        # addr in [TX_GPA, TX_GPA + TX_SIZE - len], without addr + len, which may wrap.
        sub     rsi, TX_GPA
        mov     eax, TX_SIZE
        sub     eax, ecx
        cmp     rsi, rax
        ja      refuse
        lfence

        # The copy, into the buffer the caller named.
        lea     rax, [rip + .Ltx_buffers]
        add     rsi, rax
        and     edi, RX_BUFFERS - 1
        shl     edi, RX_SHIFT
        lea     rax, [rip + .Lrx_memory]
        add     rdi, rax
        mov     edx, ecx                        # the result
        rep movsb
        jmp     publish

refuse:
        mov     rdx, -EINVAL
        lfence

        # The used entry (le32 id, le32 len: nothing was written to the sender's buffer, so 0), then
        # the index that makes it visible.
publish:
        lea     r8, [rip + .Ltx_used + RING_ENTRY]
        mov     [r8 + r11 * 8], r9d
        mov     dword ptr [r8 + r11 * 8 + 4], 0
        add     r10d, 1
        mov     [rip + .Lstate], r10d
        mov     [rip + .Ltx_used + RING_IDX], r10w

scrub:
        xor     ecx, ecx
        xor     esi, esi
        xor     edi, edi
        xor     r8d, r8d
        xor     r9d, r9d
        xor     r10d, r10d
        xor     r11d, r11d
        jmp     leave
