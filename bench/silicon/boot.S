# The boot sector: loads the hypervisor from LBA 1..64 to 10000h, goes from real mode to 64-bit mode
# in one step (SDM vol. 3 §9.8.5 allows PE and PG in one move), copies it to 200000h and jumps there.

        .code16
        .global _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7c00, %sp
        movw    $packet, %si
        movb    $0x42, %ah              # extended read; DL is still the BIOS's drive
        int     $0x13
        jc      stop
        movb    $0xff, %al              # no interrupt: both PICs masked
        outb    %al, $0x21
        outb    %al, $0xa1
        inb     $0x92, %al              # A20
        orb     $2, %al
        outb    %al, $0x92

        # Identity map of 4 GiB by 1-GiB pages: PML4 at 70000h, PDPT at 71000h.
        movw    $0x7000, %ax
        movw    %ax, %es
        xorw    %di, %di
        xorl    %eax, %eax
        movw    $0x800, %cx
        cld
        rep stosl
        movl    $0x71003, %es:0
        movl    $0x00000083, %es:0x1000
        movl    $0x40000083, %es:0x1008
        movl    $0x80000083, %es:0x1010
        movl    $0xc0000083, %es:0x1018
        movl    $0x70000, %eax
        movl    %eax, %cr3
        movl    $0x20, %eax             # PAE
        movl    %eax, %cr4
        movl    $0xc0000080, %ecx
        rdmsr
        orl     $0x900, %eax            # LME, NXE
        wrmsr
        lgdtl   gdtr
        movl    $0x80000031, %eax       # PG, NE, ET, PE
        movl    %eax, %cr0
        ljmpl   $8, $long
stop:   hlt
        jmp     stop

        .code64
long:
        movw    $16, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $0x10000, %esi
        movl    $0x200000, %edi
        movl    $4096, %ecx
        rep movsq
        movl    $0x200000, %eax
        jmp     *%rax

        .balign 8
packet: .byte   16, 0
        .word   64
        .word   0, 0x1000               # offset, segment
        .quad   1
        .balign 8
gdt:    .quad   0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdtr:   .word   . - gdt - 1
        .long   gdt

        .org    510
        .word   0xaa55
