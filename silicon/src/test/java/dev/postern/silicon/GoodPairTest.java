package dev.postern.silicon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.dsl.PolicyCompiler;
import dev.postern.model.Hpa;
import dev.postern.model.Policy;
import dev.postern.verifier.concrete.Scenario;
import dev.postern.x86.Gpr;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * P1 on the emulated processor: its call, what the SDM says of strays, random starts in lockstep.
 */
@EnabledIf("bochs")
class GoodPairTest {

  private static final String VM = "fw";
  private static final long GATE = 0x1000;
  private static final long OUTBOX = 0x5000;
  private static final long INBOX = 0x6000;

  private final Policy policy =
      PolicyCompiler.compile(Path.of("../examples/p1/p1.postern")).policy().orElseThrow();
  private final Host host = host(policy);

  static boolean bochs() {
    if (!Emulator.available()) {
      System.out.println("SKIPPED: the emulated processor: bochs is not installed");
    }
    return Emulator.available();
  }

  private static Host host(Policy policy) {
    try {
      return Host.of(policy);
    } catch (SiliconException e) {
      throw new AssertionError(e);
    }
  }

  private Trial code(String name, String hex, Map<Gpr, Long> gprs) throws SiliconException {
    long gpa = Attacker.base(policy, VM) + Attacker.CODE;
    Map<Gpr, Long> registers = new HashMap<>(gprs);
    registers.put(Gpr.RSP, Attacker.stack(policy, VM));
    return Trial.whole(
        name,
        Scenario.at(VM, 0, Attacker.code(policy, VM), registers),
        List.of(new Trial.Content(host.host(VM, 0, gpa), HexFormat.of().parseHex(hex))),
        List.of());
  }

  private Outcome run(Trial trial) throws Exception {
    return Emulator.run(host, List.of(trial)).getFirst();
  }

  @Test
  void legitimateCallDelivers() throws Exception {
    byte[] payload = "eight by".getBytes(StandardCharsets.US_ASCII);
    long back = Attacker.base(policy, VM) + Attacker.CODE;
    Trial call =
        Trial.whole(
            "call",
            Scenario.at(VM, 0, GATE, Map.of(Gpr.R15, Attacker.code(policy, VM), Gpr.R14, 5L)),
            List.of(
                new Trial.Content(host.host(VM, 1, OUTBOX), payload),
                new Trial.Content(host.host(VM, 0, back), new byte[] {0x0f, 0x01, (byte) 0xc1})),
            List.of(host.host(VM, 1, INBOX)));
    Outcome outcome = run(call);
    assertThat(outcome.exit()).isEqualTo(Outcome.VMCALL);
    assertThat(outcome.value("rip")).isEqualTo(Attacker.code(policy, VM));
    assertThat(outcome.value("idx")).isZero();
    assertThat(outcome.value("w0")).isEqualTo(0x7962_2074_6867_6965L);
    assertThat(outcome.value("r14")).isEqualTo(5);
  }

  @Test
  void straysEndAsTheManualSays() throws Exception {
    long here = Attacker.code(policy, VM);
    List<Trial> trials =
        List.of(
            code("stray-vmfunc", "0f01d4", Map.of(Gpr.RCX, 1L)),
            code("read-destination", "488b06", Map.of(Gpr.RSI, INBOX)),
            code("write-trampoline", "488906", Map.of(Gpr.RSI, GATE)),
            code("empty-slot", "0f01d4", Map.of(Gpr.RCX, 5L)),
            code("ecx-512", "0f01d4", Map.of(Gpr.RCX, 512L)),
            code("eax-1", "0f01d4", Map.of(Gpr.RAX, 1L)),
            code("eax-64", "0f01d4", Map.of(Gpr.RAX, 64L)),
            code("load-cr3", "0f22d8", Map.of(Gpr.RAX, OUTBOX)),
            code("second-vmfunc", "ffe6", Map.of(Gpr.RSI, GATE + 0x44, Gpr.RCX, 1L)),
            code("entry-without-index", "ffe6", Map.of(Gpr.RSI, GATE + 7)));
    List<String> ends = Emulator.run(host, trials).stream().map(Outcome::text).toList();
    String at = " at 0x" + Long.toHexString(here) + ", view 0";
    // The next fetch finds neither the attacker's page nor his paging structures in view 1.
    assertThat(ends.get(0))
        .startsWith("EPT violation (")
        .endsWith(" at 0x" + Long.toHexString(here + 3) + ", view 1");
    assertThat(ends.get(1)).isEqualTo("EPT violation (r) on gpa 0x6000" + at);
    assertThat(ends.get(2)).isEqualTo("EPT violation (w) on gpa 0x1000" + at);
    assertThat(ends.get(3)).isEqualTo("exit 59 (VMFUNC)" + at);
    assertThat(ends.get(4)).isEqualTo("exit 59 (VMFUNC)" + at);
    assertThat(ends.get(5)).isEqualTo("exit 59 (VMFUNC)" + at);
    assertThat(ends.get(6)).isEqualTo("exception 6" + at);
    assertThat(ends.get(7)).isEqualTo("exit 28 (control register)" + at);
    assertThat(ends.get(8)).isEqualTo("VMCALL at 0x1059, view 1");
    assertThat(ends.get(9)).isEqualTo("VMCALL at 0x102f, view 0");
  }

  /** Random registers at every byte of the two landings' code: what we say, the processor does. */
  @Test
  void randomStartsInLockstep() throws Exception {
    Random random = new Random(7);
    List<Trial> trials = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      Map<Gpr, Long> gprs = new HashMap<>();
      for (Gpr gpr : Gpr.values()) {
        gprs.put(gpr, random.nextBoolean() ? random.nextInt(3) : random.nextLong() | 1L << 62);
      }
      long rip = GATE + (random.nextBoolean() ? 0x0a : 0x47);
      trials.add(
          Trial.whole("random-" + i, Scenario.at(VM, 1, rip, gprs), List.of(), List.of())
              .stepped(600));
    }
    List<Outcome> outcomes = Emulator.run(host, trials);
    for (int i = 0; i < trials.size(); i++) {
      Lockstep.Result result = Lockstep.compare(host, trials.get(i), outcomes.get(i));
      assertThat(result.difference()).as(trials.get(i).name() + " seed 7").isEmpty();
      assertThat(result.unmodelled()).isFalse();
    }
  }

  /**
   * What a trial is said not to change is looked at: a store there is found, whoever comes next.
   */
  @Test
  void changeOfPageThatIsNotNamedFailsTheRun() throws Exception {
    Set<Hpa> named = Set.of(host.host(VM, 0, Attacker.base(policy, VM) + Attacker.STACK));
    Trial store = code("store", "4889360f01c1", Map.of(Gpr.RSI, Attacker.stack(policy, VM)));
    assertThat(run(store.within(Optional.of(named))).exit()).isEqualTo(Outcome.VMCALL);
    assertThatThrownBy(() -> run(store.within(Optional.of(Set.of()))))
        .isInstanceOf(SiliconException.class)
        .hasMessageContaining("not as it was");
    Trial next = code("next", "0f01c1", Map.of()).within(Optional.of(named));
    assertThatThrownBy(() -> Emulator.run(host, List.of(store.within(Optional.of(Set.of())), next)))
        .isInstanceOf(SiliconException.class)
        .hasMessageContaining("before next");
  }

  /** A grant that is not in the plan: what the SDM's exits excluded happens, and is seen. */
  @Test
  void defectInTheImageIsSeen() throws Exception {
    byte[] image = host.imageFile();
    Trial write = code("write-trampoline", "4889060f01c1", Map.of(Gpr.RSI, GATE));
    assertThat(Emulator.run(host, image, List.of(write)).getFirst().exit())
        .isEqualTo(Outcome.EPT_VIOLATION);
    long frame = host.host(VM, 0, GATE).value();
    int changed = 0;
    for (int at = 0; at + 8 <= image.length; at += 8) {
      java.nio.ByteBuffer entry =
          java.nio.ByteBuffer.wrap(image, at, 8).slice().order(java.nio.ByteOrder.LITTLE_ENDIAN);
      if ((entry.getLong(0) & 0x000f_ffff_ffff_f000L) == frame && (entry.getLong(0) & 7) == 5) {
        entry.putLong(0, entry.getLong(0) | 2);
        changed++;
      }
    }
    assertThat(changed).isEqualTo(2);
    assertThat(Emulator.run(host, image, List.of(write)).getFirst().exit())
        .isEqualTo(Outcome.VMCALL);
  }
}
