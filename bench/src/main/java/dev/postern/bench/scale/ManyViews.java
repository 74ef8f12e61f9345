package dev.postern.bench.scale;

/**
 * A policy with {@code number} protected views of one source. Each view has a gate of its own,
 * whose two VMFUNCs every other view could be entered by; protected code and stack of its own; a
 * window on the source and one on its own part of the destination.
 */
final class ManyViews {

  private ManyViews() {}

  static String policy(int number) {
    StringBuilder text =
        new StringBuilder(
            """
            policy many-views version 1
            cpu {
                physical-address-width 46
                ept execute-only, accessed-dirty, pages 2MiB 1GiB
                features hlat mbec
                without apx la57 fred uintr cet lam pku pks spp mds-affected
                l1tf not-affected
            }
            vm fw source {
                memory ram 0x1_0000_0000 size 64MiB
                lock hlat range 0x4000_0000 size 1GiB
            }
            view default of fw index 0
            """);
    StringBuilder approvals = new StringBuilder();
    for (int view = 1; view <= number; view++) {
      approvals.append(
          "        inbox%d at 0x%x size 4KiB rw\n".formatted(view, 0x20_0000L + 0x1000L * view));
      text.append(one(view, 0x4000_0000L + 0x1_0000L * view));
    }
    return text.append("vm nat destination {\n    memory ram 0 size 16MiB\n    approve for fw {\n")
        .append(approvals)
        .append("    }\n}\n")
        .toString();
  }

  private static String one(int view, long base) {
    return """
    code c%1$d {
        section .gate { asm {
            enter:
                mov ecx, %1$d
                xor eax, eax
                vmfunc
            entered:
                xor eax, eax
                .byte 0x40, 0x90
                test eax, eax
                jnz trap
                cmp ecx, %1$d
                jne trap
                mov eax, cs
                test al, 3
                jnz trap
                mov esp, 0x%2$x
                push 2
                popfq
                lfence
                jmp copy
            trap:
                vmcall
                jmp trap
            leave:
                xor ecx, ecx
                xor eax, eax
                vmfunc
            left:
                xor eax, eax
                .byte 0x40, 0x90
                test eax, eax
                jnz trap
                test ecx, ecx
                jnz trap
                lfence
                jmp r15
        } }
        section .body { asm {
            copy:
                mov esi, 0x%3$x
                mov edi, 0x%4$x
                mov ecx, 64
                rep movsb
                xor edx, edx
                xor ebx, ebx
                xor esi, esi
                xor edi, edi
                xor ebp, ebp
                xor r8d, r8d
                xor r9d, r9d
                xor r10d, r10d
                xor r11d, r11d
                xor r12d, r12d
                xor r13d, r13d
                jmp leave
        } }
    }
    view v%1$d of fw index %1$d {
        trampoline c%1$d:.gate at 0x%5$x
        code       c%1$d:.body at 0x%6$x
        private    stack size 4KiB at 0x%7$x per-vcpu
        window     fw.ram[0x20_0000 size 4KiB] at 0x%3$x r named outbox
        window     nat.inbox%1$d at 0x%4$x rw
        paging     tables size 4KiB at 0x%8$x
    }
    gate g%1$d from default to v%1$d {
        enter c%1$d:enter lands c%1$d:entered calls c%1$d:copy
        leave c%1$d:leave lands c%1$d:left returns through r15
        preserves r14 r15
        at most 256 instructions
    }
    """
        .formatted(
            view,
            base + 0x4000,
            base + 0x5000,
            base + 0x7000,
            base + 0x1000,
            base + 0x2000,
            base + 0x3000,
            base + 0x9000);
  }
}
