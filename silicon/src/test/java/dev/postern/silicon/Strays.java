package dev.postern.silicon;

import dev.postern.model.Mapping;
import dev.postern.model.Role;
import dev.postern.model.View;
import dev.postern.x86.Gpr;

/** What any guest may try under any good policy, and the exits of the SDM it ends in. */
final class Strays {

  private static final String VMFUNC = "0f01d4";

  private Strays() {}

  /**
   * Adds them.
   *
   * @param entryTrap linear address of the trap of who enters with another index
   * @param exitTrap linear address of the trap of who jumps to the second VMFUNC
   */
  static void add(Scene scene, long entryTrap, long exitTrap) {
    View view =
        scene.policy.viewsOf(Scene.VM).stream()
            .filter(v -> !v.isDefault())
            .findFirst()
            .orElseThrow();
    Mapping window = first(view, Role.DESTINATION_WINDOW);
    Mapping trampoline = first(view, Role.TRAMPOLINE);
    long code = scene.code();
    String here = " at 0x%x, view 0".formatted(code);
    long walked = Attacker.base(scene.policy, Scene.VM) + 8 * (scene.codePage() >>> 30);
    // The attacker's page, and the page that would say where it is, are not in the view.
    scene
        .running("VMFUNC outside the gate", VMFUNC)
        .with(Gpr.RCX, 1)
        .ends(
            "stopped at the next fetch, in the view",
            "EPT violation (r) on gpa 0x%x at 0x%x, view 1".formatted(walked, code + 3));
    scene
        .running("read of the destination's page in view 0", "488b06")
        .with(Gpr.RSI, window.la().value())
        .ends(
            "not readable",
            "EPT violation (r) on gpa 0x%x%s".formatted(window.gpa().value(), here));
    scene
        .running("write to the trampoline", "488906")
        .with(Gpr.RSI, trampoline.la().value())
        .ends(
            "not writable",
            "EPT violation (w) on gpa 0x%x%s".formatted(trampoline.gpa().value(), here));
    scene
        .running("VMFUNC, ECX an empty slot", VMFUNC)
        .with(Gpr.RCX, 5)
        .ends("exit 59", "exit 59 (VMFUNC)" + here);
    scene
        .running("VMFUNC, ECX 512", VMFUNC)
        .with(Gpr.RCX, 512)
        .ends("exit 59", "exit 59 (VMFUNC)" + here);
    scene
        .running("VMFUNC, EAX 1", VMFUNC)
        .with(Gpr.RAX, 1)
        .ends("exit 59", "exit 59 (VMFUNC)" + here);
    scene.running("VMFUNC, EAX 64", VMFUNC).with(Gpr.RAX, 64).ends("#UD", "exception 6" + here);
    scene
        .running("load of CR3", "0f22d8")
        .with(Gpr.RAX, window.gpa().value())
        .ends("exit 28", "exit 28 (control register)" + here);
    scene
        .at("jump to the first VMFUNC, ECX 0", scene.gate().entered().value() - 3)
        .ends("the gate's trap", "VMCALL at 0x%x, view 0".formatted(entryTrap));
    scene
        .at("jump to the second VMFUNC, ECX 1", scene.gate().left().value() - 3)
        .with(Gpr.RCX, 1)
        .ends("the gate's trap", "VMCALL at 0x%x, view 1".formatted(exitTrap));
  }

  private static Mapping first(View view, Role role) {
    return view.mappings().stream().filter(m -> m.role() == role).findFirst().orElseThrow();
  }
}
