# vhost_tx.S: the transmit half of vhost-net, run by the sending guest itself
#
#     as -o vhost_tx.o vhost_tx.S
#
# A firewall guest hands packets to a NAT guest on the same host. With vhost-net each packet wakes a
# host thread, which reads the descriptor, copies the payload and publishes the used index. Here the
# sender's own vCPU does that work in a protected view of memory (EPTP-list index 1) in which the
# receiver's ring and buffers are mapped beside the sender's own. VMFUNC takes it there and back
# without a VM exit.
#
# Who is trusted: nobody but this file. The sender's kernel is hostile (it may jump to any byte of
# the gate page, with any registers, from any mode), and so is whatever the receiver writes.
#
# Calling convention, from ring 0 of the sender:
#
#     rdi   descriptor number in the transmit ring (taken modulo the ring size)
#     r14   the caller's stack pointer, put back before the return
#     r15   the return address
#     jump to `enter`
#
#     rdx   (and rax) bytes sent, or a negative errno: -EINVAL descriptor refused, -EAGAIN no buffer
#     rbx rbp r12 r13 r14 r15 are preserved; rcx rsi rdi r8-r11 come back zero
#     flags come back cleared, interrupts off: the caller saves and restores its own

        .intel_syntax noprefix

        .equ VIEW,         1            # EPTP-list index of the protected view
        .equ EINVAL,       22
        .equ EAGAIN,       11

        # Layout of the view. Everything is placed relative to the gate page, so that no address is
        # absolute; the policy states the same layout and the verifier checks every access against
        # the policy, not against this table.
        .equ .Lstack_top,  gate_page + 0x00006000
        .equ .Lstate,      gate_page + 0x00007000
        .equ .Ltx_memory,  gate_page + 0x00fff000
        .equ .Lrx_avail,   gate_page + 0x0ffff000
        .equ .Lrx_used,    gate_page + 0x10000000
        .equ .Lrx_buffers, gate_page + 0x10fff000

        # The sender's transmit memory: a split virtqueue's descriptor table (virtio 1.2, 2.7.5) in
        # its first page, packet buffers behind it. Descriptors name buffers by the sender's own
        # guest-physical addresses.
        .equ TX_GPA,       0x10000000
        .equ TX_SIZE,      0x01000000
        .equ TX_ENTRIES,   256
        .equ DESC_SIZE,    16           # le64 addr, le32 len, le16 flags, le16 next
        .equ DESC_LEN,     8
        .equ DESC_FLAGS,   7            # NEXT, WRITE, INDIRECT: one plain readable buffer, or none

        # The receiver's ring: it posts buffer numbers in its available ring, packets come back in
        # the used ring. Buffers are 2 KiB each and stand in one array.
        .equ RX_ENTRIES,   256
        .equ RX_BUFFERS,   8192
        .equ RX_SHIFT,     11
        .equ RING_IDX,     2            # both rings: le16 flags, le16 idx, then the entries
        .equ RING_ENTRY,   4

        .equ MIN_PACKET,   12           # struct virtio_net_hdr_v1
        .equ MAX_PACKET,   1 << RX_SHIFT

        .global enter, entered, transmit, leave, left


# ---- the gate page: readable and executable in both views, writable in none -----------------------

        .section .trampoline, "ax", @progbits
gate_page:

# First on the page, so that an instruction fetch that runs onto it from whatever page the caller
# put before it ends here.
trap:
        vmcall                          # always exits; the hypervisor ends the guest
        jmp     trap
        .balign 16, 0xcc

# Anyone in the default view may come here, and at any byte further down.
enter:
        mov     ecx, VIEW
        xor     eax, eax
        vmfunc

# In view 1 now, or still in view 0 if the caller jumped straight to the VMFUNC with another index:
# nothing is known but the address. No stack, no memory, until all is checked.
entered:
        # Mode probe. In 64-bit mode 40h is a REX prefix of the NOP and EAX stays 0; in 32- and
        # 16-bit modes it increments (E)AX.
        xor     eax, eax
        .byte   0x40
        nop
        test    eax, eax
        jnz     trap
        # The whole of ECX: CL alone would let index 101h through.
        cmp     ecx, VIEW
        jne     trap
        # Ring 0 only: POPF below would leave IF and IOPL alone in ring 3.
        mov     eax, cs
        test    al, 3
        jnz     trap
        # A stack of our own before anything is pushed; this vCPU's, by this vCPU's view.
        lea     rsp, [rip + .Lstack_top]
        # DF, TF, AC, NT and IF off: DF would make the copy run backwards out of its buffer.
        push    2
        popfq
        # No speculation past the checks above.
        lfence
        jmp     transmit
        .balign 16, 0xcc

leave:
        xor     ecx, ecx
        xor     eax, eax
        vmfunc

# In view 0, unless the caller jumped straight to this VMFUNC with the index of a protected view:
# then it lands here inside that view, and must get no further.
left:
        xor     eax, eax
        .byte   0x40
        nop
        test    eax, eax
        jnz     trap
        test    ecx, ecx
        jnz     trap
        lfence
        # From here on it is the caller's business. Interrupts are off, so the stack pointer of the
        # view it left is never used in this one.
        mov     rsp, r14
        mov     rax, rdx
        jmp     r15


# ---- protected code: executable in view 1 only ----------------------------------------------------

        .section .protected, "ax", @progbits

transmit:
        # The descriptor, in one fetch: its owner may rewrite it at any time, so it is read into
        # registers once and memory is not looked at again. The index is masked, not compared:
        # there is no branch to mispredict.
        and     edi, TX_ENTRIES - 1
        shl     edi, 4
        lea     r8, [rip + .Ltx_memory]
        mov     rsi, [r8 + rdi]                 # addr
        mov     rcx, [r8 + rdi + DESC_LEN]      # len, flags << 32, next << 48
        mov     r9, rcx
        shr     r9, 32
        mov     ecx, ecx                        # len alone

        mov     rdx, -EINVAL
        test    r9d, DESC_FLAGS
        jnz     scrub

        # MIN_PACKET <= len <= MAX_PACKET in one unsigned comparison.
        lea     eax, [rcx - MIN_PACKET]
        cmp     eax, MAX_PACKET - MIN_PACKET
        ja      scrub

        # addr in [TX_GPA, TX_GPA + TX_SIZE - len], without ever computing addr + len, which may
        # wrap. An address below TX_GPA becomes a huge offset.
        sub     rsi, TX_GPA
        mov     eax, TX_SIZE
        sub     eax, ecx
        cmp     rsi, rax
        ja      scrub

        # The receiver's word on how many buffers it has posted, against our own count of those
        # used. The count lives in private memory: vhost never reads its state back from a ring.
        mov     rdx, -EAGAIN
        mov     r10d, [rip + .Lstate]
        movzx   r9d, word ptr [rip + .Lrx_avail + RING_IDX]
        cmp     r9w, r10w
        je      scrub

        # Nothing below runs ahead of a check above.
        lfence

        # Which buffer: masked, so that a receiver that lies gets a packet in the wrong one of its
        # own buffers, and nothing else happens.
        movzx   eax, r10b                       # RX_ENTRIES is 256
        lea     r8, [rip + .Lrx_avail + RING_ENTRY]
        movzx   r9d, word ptr [r8 + rax * 2]
        and     r9d, RX_BUFFERS - 1

        # The copy.
        lea     r8, [rip + .Ltx_memory]
        add     rsi, r8
        mov     edi, r9d
        shl     edi, RX_SHIFT
        lea     r8, [rip + .Lrx_buffers]
        add     rdi, r8
        mov     edx, ecx                        # the result
        rep movsb

        # The used entry (le32 id, le32 len), then the index that makes it visible. Stores are not
        # reordered with earlier stores, and a discrete store behind a string operation is ordered
        # after all of it (SDM vol. 3, 8.2.4): no fence is needed.
        lea     r8, [rip + .Lrx_used + RING_ENTRY]
        mov     [r8 + rax * 8], r9d
        mov     [r8 + rax * 8 + 4], edx
        add     r10d, 1
        mov     [rip + .Lstate], r10d
        mov     [rip + .Lrx_used + RING_IDX], r10w

# What leaves the view: the result in RDX, the caller's own RBX, RBP and R12 to R15, constants.
scrub:
        xor     esi, esi
        xor     edi, edi
        xor     r8d, r8d
        xor     r9d, r9d
        xor     r10d, r10d
        xor     r11d, r11d
        jmp     leave
