package dev.postern.silicon;

import dev.postern.x86.Gpr;
import java.util.List;
import java.util.Map;

/**
 * Each known attack twice: on a policy that is refuted for exactly that reason, where it succeeds,
 * and on {@code pinned.postern}, where it does not. {@link #BAD} is the attacker's, the private
 * stack's page is where it must not get.
 */
final class KnownAttacks {

  static final long BAD = 0x4141_4141_4141_4141L;

  /** Accessed, dirty, user, writable, present. */
  private static final long PAGE = 0x67;

  private static final String SUCCEEDS = "the attack succeeds";
  private static final String STACK = "protected page";
  private static final String INBOX = "destination's page";
  private static final String WRITTEN = "; protected page holds 0x4141414141414141";
  private static final String UNTOUCHED = "; protected page holds 0x0";

  private KnownAttacks() {}

  static List<Scene> all() {
    return List.of(
        pageBoundary(),
        staleTranslation(),
        privateTables(),
        alias(),
        straddled(),
        sharedPage(),
        secondVmfunc(),
        stopped());
  }

  /** The linear page before the code is the attacker's: VMFUNC in its last three bytes. */
  private static Scene pageBoundary() {
    Scene scene = new Scene("silicon/page-boundary.postern");
    scene
        .at("page boundary", 0x1ffd)
        .with(Gpr.RCX, 1)
        .mapped(Map.of(0x1000L, scene.codePage()))
        .put(0, scene.codePage() + 0xffd, "0f01d4")
        .put(1, 0x5000, BAD)
        .watching(INBOX, 1, 0x6000)
        .ends(
            SUCCEEDS + ": protected code runs, no gate was passed",
            "VMCALL at 0x%x, view 0; destination's page holds 0x4141414141414141"
                .formatted(scene.code() + 0x800));
    return scene;
  }

  /** What protected code from its third instruction on does for whoever lands there. */
  private static Scene.Preparation copying(Scene.Preparation start, long from, long to) {
    return start
        .with(Gpr.RCX, 1)
        .with(Gpr.RSI, from)
        .with(Gpr.RDI, to)
        .put(1, 0x5000, BAD)
        .watching(STACK, 1, 0x3000);
  }

  /** Code at 10000 points its own page at protected code, then executes VMFUNC before byte 0e. */
  private static Scene staleTranslation() {
    Scene scene = new Scene("silicon/stale-translation.postern");
    try {
      Tables own =
          GuestTables.looped(
              scene.host,
              Scene.VM,
              0,
              0x4030_0000L,
              Map.of(
                  0x1000L,
                  0x1000L,
                  0x2000L,
                  0x2000L,
                  0x3000L,
                  0x3000L,
                  0x5000L,
                  0x5000L,
                  0x6000L,
                  0x6000L,
                  0x10000L,
                  scene.codePage()));
      copying(scene.at("stale translation", 0x10000), 0x5000, 0x3000)
          .on(own)
          .with(Gpr.RAX, 0x2000 | PAGE)
          .with(Gpr.RBX, 0x80)
          .put(0, scene.codePage(), "488903" + "31c0" + "909090909090" + "0f01d4")
          .ends(SUCCEEDS, "exception 14 at 0xf050, view 1" + WRITTEN);
    } catch (SiliconException e) {
      throw new AssertionError(e);
    }
    return scene;
  }

  /** In the default view the tables are the attacker's: his page where the code will be. */
  private static Scene privateTables() {
    Scene scene = new Scene("silicon/private-tables.postern");
    try {
      Tables own =
          GuestTables.looped(
              scene.host, Scene.VM, 0, 0x7000, Map.of(0x1000L, 0x1000L, 0x2000L, scene.codePage()));
      copying(scene.at("private page tables only", 0x200b), 0x5000, 0x3000)
          .on(own, GuestTables.of(scene.host, Scene.VM))
          .put(0, scene.codePage() + 0xb, "0f01d4")
          .ends(SUCCEEDS, back(scene) + WRITTEN);
    } catch (SiliconException e) {
      throw new AssertionError(e);
    }
    return scene;
  }

  /** One guest-physical page is the attacker's here and protected code there. */
  private static Scene alias() {
    Scene scene = new Scene("silicon/gpa-alias.postern");
    copying(scene.at("GPA alias", 0x200b), 0x5000, 0x3000)
        .put(0, 0x200b, "0f01d4")
        .ends(SUCCEEDS, "VMCALL at 0x%x, view 0".formatted(scene.code() + 0x800) + WRITTEN);
    return scene;
  }

  /** 0F 01 ends the attacker's page, D4 begins the gate's, and a store follows. */
  private static Scene straddled() {
    Scene scene = new Scene("silicon/straddled-vmfunc.postern");
    scene
        .at("straddled VMFUNC", 0x1ffe)
        .with(Gpr.RCX, 1)
        .with(Gpr.RAX, 0x4141_4141_0000_0000L)
        .with(Gpr.RDI, 0x4000)
        .mapped(Map.of(0x1000L, scene.codePage()))
        .put(0, scene.codePage() + 0xffe, "0f01")
        .watching(STACK, 1, 0x3000)
        .ends(SUCCEEDS, "VMCALL at 0x2004, view 1; protected page holds 0x4141414100000000");
    return scene;
  }

  /** Paging structures in the window: the gate's own code copies onto the private stack's page. */
  private static Scene sharedPage() {
    Scene scene = new Scene("silicon/cr3-shared-page.postern");
    long gate = scene.gate().enter().value();
    Scene.Preparation start =
        scene
            .running("CR3 into a shared page", "0f22d8" + "ffe3")
            .with(Gpr.RAX, 0x4020_0000L)
            .with(Gpr.RBX, gate);
    Map<Long, Long> pages =
        Map.of(
            0x0L,
            0x4020_0000L,
            0x2000L,
            0x1000L,
            0x3000L,
            0x2000L,
            0x4000L,
            0x3000L,
            0x6000L,
            0x4020_0000L,
            0x7000L,
            0x3000L);
    pages.forEach((la, gpa) -> start.put(1, 0x4020_0000L + (la >>> 9), gpa | PAGE));
    start
        .put(1, 0x4020_0000L + 256 * 8, Attacker.base(scene.policy, Scene.VM) | PAGE)
        .watching(STACK, 1, 0x3000)
        .watching(INBOX, 1, 0x6000)
        .ends(
            SUCCEEDS + ": protected code overwrites its own page with the attacker's",
            "VMCALL at 0x%x, view 0; protected page holds 0x40200067; destination's page holds 0x0"
                .formatted(scene.code() + 0x800));
    return scene;
  }

  /**
   * No look at ECX behind the second VMFUNC: on to protected code with the attacker's registers.
   */
  private static Scene secondVmfunc() {
    Scene scene = new Scene("silicon/second-vmfunc.postern");
    copying(scene.at("jump to the second VMFUNC", 0x2054), 0x6000, 0x4000)
        .with(Gpr.R15, 0x300e)
        .ends(SUCCEEDS, "EPT violation (x) on gpa 0x200e at 0x300e, view 0" + WRITTEN);
    return scene;
  }

  /** All of them again, on the pinned policy. */
  static Scene stopped() {
    Scene scene = new Scene("silicon/pinned.postern");
    String because = "stopped";
    copying(scene.at("page boundary", 0x1ffd), 0x6000, 0x4000)
        .mapped(Map.of(0x1000L, scene.codePage()))
        .put(0, scene.codePage() + 0xffd, "0f01d4")
        .ends(
            because + ": the gate's first bytes are a trap",
            "VMCALL at 0x2000, view 1" + UNTOUCHED);
    String write = "EPT violation (w) on gpa 0x%x at 0x%x, view 0" + UNTOUCHED;
    copying(scene.running("stale translation", "488903" + "31c0" + "0f01d4"), 0x6000, 0x4000)
        .with(Gpr.RAX, 0x2000 | PAGE)
        .with(Gpr.RBX, 0x80)
        .ends(because + ": the entry cannot be written", write.formatted(0x7080, scene.code()));
    copying(scene.running("private page tables only", "488903" + "0f01d4"), 0x6000, 0x4000)
        .with(Gpr.RAX, scene.codePage() | PAGE)
        .with(Gpr.RBX, 0x18)
        .ends(because + ": the entry cannot be written", write.formatted(0x7018, scene.code()));
    copying(scene.at("GPA alias", 0x300b), 0x6000, 0x4000)
        .ends(
            because + ": protected code's page is no memory of the guest's",
            "EPT violation (x) on gpa 0x200b at 0x300b, view 0" + UNTOUCHED);
    copying(scene.at("straddled VMFUNC", 0x1ffe), 0x6000, 0x4000)
        .mapped(Map.of(0x1000L, scene.codePage()))
        .put(0, scene.codePage() + 0xffe, "0f01")
        .ends(
            because + ": the gate's first byte makes it SIDT",
            "exit 46 at 0x1ffe, view 0" + UNTOUCHED);
    copying(scene.running("CR3 into a shared page", "0f22d8" + "ffe3"), 0x6000, 0x4000)
        .with(Gpr.RAX, 0x4020_0000L)
        .ends(
            because + ": the load exits",
            "exit 28 (control register) at 0x%x, view 0".formatted(scene.code()) + UNTOUCHED);
    copying(scene.at("jump to the second VMFUNC", 0x2054), 0x6000, 0x4000)
        .with(Gpr.R15, 0x300e)
        .ends(because + ": ECX is looked at", "VMCALL at 0x2069, view 1" + UNTOUCHED);
    return scene;
  }

  private static String back(Scene scene) {
    return "VMCALL at 0x%x, view 0".formatted(scene.code() + 0x800);
  }
}
