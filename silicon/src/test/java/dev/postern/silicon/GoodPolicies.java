package dev.postern.silicon;

import dev.postern.x86.Gpr;
import java.util.List;

/** Proved policies: each one's call is carried out, and nothing else. */
final class GoodPolicies {

  private static final long PAYLOAD = 0x1122_3344_5566_7788L;
  private static final String DELIVERED = "the call is carried out and comes back";

  private GoodPolicies() {}

  static List<Scene> all() {
    return List.of(p1(), transmit(), compiled("gcc-O2"), compiled("clang-O2"), pinned(), user());
  }

  private static String back(Scene scene) {
    return "VMCALL at 0x%x, view 0; destination's page holds 0x%x"
        .formatted(scene.code() + 0x800, PAYLOAD);
  }

  private static Scene p1() {
    Scene scene = new Scene("p1/p1.postern");
    scene
        .at("the legitimate call", scene.gate().enter().value())
        .put(1, 0x5000, PAYLOAD)
        .watching("destination's page", 1, 0x6000)
        .ends(DELIVERED, back(scene));
    Strays.add(scene, 0x102f, 0x1059);
    return scene;
  }

  static Scene pinned() {
    Scene scene = new Scene("silicon/pinned.postern");
    scene
        .at("the legitimate call", scene.gate().enter().value())
        .put(1, 0x5000, PAYLOAD)
        .watching("destination's page", 1, 0x6000)
        .ends(DELIVERED, back(scene));
    Strays.add(scene, 0x203f, 0x2069);
    return scene;
  }

  /** A process's gate, where nothing but the gate tells a process from the kernel. */
  private static Scene user() {
    Scene scene = new Scene("silicon/user-gate.postern");
    scene
        .at("the legitimate call, of a process", scene.gate().enter().value())
        .atRing3()
        .with(Gpr.RDI, 0)
        .put(1, 0x4001_0000L, PAYLOAD)
        .watching("destination's page", 1, 0x4002_0000L)
        .watching("destination's count", 1, 0x4003_0000L)
        .ends(DELIVERED, back(scene) + "; destination's count holds 0x1");
    scene
        .at("the same call, of the kernel", scene.gate().enter().value())
        .with(Gpr.RDI, 0)
        .put(1, 0x4001_0000L, PAYLOAD)
        .watching("destination's page", 1, 0x4002_0000L)
        .ends("the gate's trap", "VMCALL at 0x40001000, view 1; destination's page holds 0x0");
    Strays.add(scene, 0x4000_1000L, 0x4000_1000L);
    return scene;
  }

  /** Descriptor 0 names 64 bytes behind the descriptors; the receiver has posted buffer 3. */
  private static Scene transmit() {
    Scene scene = new Scene("vhost-tx/fw-to-nat.postern");
    scene
        .at("the legitimate call", scene.gate().enter().value())
        .put(1, 0x8100_0000L, 0x1000_2000L)
        .put(1, 0x8100_0008L, 64)
        .put(1, 0x8100_2000L, PAYLOAD)
        .put(1, 0x9000_0000L, 0x0003_0001_0000L)
        .watching("destination's page", 1, 0x9100_0000L + 3 * 2048)
        .watching("destination's used ring", 1, 0x9000_1000L)
        .ends(DELIVERED, back(scene) + "; destination's used ring holds 0x300010000");
    Strays.add(scene, 0xffff_c000_0000_1000L, 0xffff_c000_0000_1000L);
    return scene;
  }

  /** The same through the sender's available ring, on the page behind its descriptors. */
  private static Scene compiled(String compiler) {
    Scene scene = new Scene("vhost-tx-c/" + compiler + ".postern");
    scene
        .at("the legitimate call", scene.gate().enter().value())
        .with(Gpr.RDI, 8)
        .put(1, 0x8100_0000L, 0x1000_2000L)
        .put(1, 0x8100_0008L, 64)
        .put(1, 0x8100_1000L, 0x0001_0000L)
        .put(1, 0x8100_2000L, PAYLOAD)
        .put(1, 0x9000_0000L, 0x0003_0001_0000L)
        .watching("destination's page", 1, 0x9100_0000L + 3 * 2048)
        .watching("destination's used ring", 1, 0x9000_1000L)
        .ends(DELIVERED, back(scene) + "; destination's used ring holds 0x300010000");
    Strays.add(scene, 0xffff_c000_0000_1000L, 0xffff_c000_0000_1000L);
    return scene;
  }

  /** What the rows above leave to the verifier alone: other pages of the view, from outside. */
  static void imageProbes(Scene scene) {
    String here = " at 0x%x, view 0".formatted(scene.code());
    scene
        .running("read of protected code in view 0", "488b06")
        .with(Gpr.RSI, 0x3000)
        .ends("not readable", "EPT violation (r) on gpa 0x2000" + here);
    scene
        .running("write to the paging structures", "488906")
        .with(Gpr.RSI, 0xff8)
        .ends("not writable", "EPT violation (w) on gpa 0x7ff8" + here);
    scene
        .at("the legitimate call, source and stack watched", scene.gate().enter().value())
        .put(1, 0x5000, PAYLOAD)
        .watching("source's page", 1, 0x5000)
        .watching("private stack", 1, 0x3ff8)
        .ends(
            DELIVERED,
            "VMCALL at 0x%x, view 0; source's page holds 0x%x; private stack holds 0x2"
                .formatted(scene.code() + 0x800, PAYLOAD));
  }
}
