package dev.postern.silicon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/** docs/silicon.md: what stays, and the table of a run. */
final class SiliconPage {

  private static final String HEAD =
      """
      # Executed on an emulated Intel processor

      Written by a run of `SiliconPageTest` (module `silicon`), which puts each policy's image, byte for
      byte what `postern load --backend image` writes, into a machine with VMX, EPT and VMFUNC, and runs
      every row below from a pristine state under the hypervisor of
      [bench/silicon](../bench/silicon/README.md). *By the proof* is what the policy's verdict says must
      happen; the run fails if anything else is *observed*, or if a row was not executed. To write the page
      again: `mvn -B -Pslow -pl silicon -am verify -Dtest=SiliconPageTest -Dbless=true
      -Dsurefire.failIfNoSpecifiedTests=false`.

      | | |
      |---|---|
      | processor | Bochs model `%s` |
      | emulator | %s |
      | date of this run | %s |

      ## What was run

      Linear addresses. `view 1` is the protected one; *protected page* is its private stack. The
      attacker's value is `0x4141414141414141`; the policies of the attacks are in
      [examples/silicon](../examples/silicon), each refuted by exactly the rules named, and each attack is
      tried again on `pinned`.

      | scenario | policy | verdict | by the proof | observed |
      |---|---|---|---|---|
      """;

  private static final String TAIL =
      """

      ## Counterexamples of the examples

      `ReproductionTest` runs every counterexample of [examples/attacks](../examples/attacks),
      [examples/silicon](../examples/silicon) and the defects of
      [examples/vhost-tx-c](../examples/vhost-tx-c) that a processor can run, first on the policy it refutes,
      where it must succeed, then on the proved policy that its head names after `corrected:`, where it must
      fail: in lockstep with the concrete machine, no theorem broken in the run, and without what it shows on
      the flawed policy. The run prints how many did, and by name
      those that are not executed, those that the corrected policy has no start for, and how many accesses are
      made there too and break nothing, because the flaw was in whose memory is behind them. `.ci/run` repeats
      these lines.

      ## Where the emulator is known to differ from hardware

      Nothing above says anything about these; the verifier's rules do, or
      [SOUNDNESS](SOUNDNESS.md) names the gap.

      | what | on hardware | here | rows it touches |
      |---|---|---|---|
      | accessed and dirty bits of guest paging structures | written under EPT's write permission: a page walk into a read-only page with the bit clear is an EPT violation | bypass EPT write permission | all: every structure is written with both bits set, so that no row depends on it |
      | EPT accessed and dirty flags, violation in a page walk | qualification has bits 0 and 1 set | bit 1 alone | none: EPTP bit 6 is clear in every policy here |
      | stale translations tagged by EPT root | possible until INVEPT | VMFUNC flushes the whole TLB, so an INVEPT that is missing cannot show | *stale translation*: the stale entry is of the same root, and shows |
      | the stale translation itself | as long as the entry stays cached | always | *stale translation*: on hardware likely, here certain |
      | HLAT, paging-write, guest-paging verification | they lock the linear range | not there | P1 and both vhost-tx: their locked range stands in read-only tables and CR3 loads exit, which is PINNED_PT; *load of CR3* shows the exit, not HLAT |
      | mode-based execute control | bit 10 for user mode | not there | none: `pinned` and `user-gate` do without it, and starts at ring 3 are made on them; what the others refuse ring 3 by it is not executed, nor are calls of [trusted-library](../examples/trusted-library) |
      | exit qualification bits 9 to 11 | given | not given | none: they are not looked at |
      | speculation, caches, SMIs, timing | exist | do not | nothing here speaks of them: rule `speculation` does |
      | several processors | race | one | nothing here races; `replay --silicon` writes at chosen instructions what another processor would |
      | monitor trap flag | exists | not on this model | single steps are by TF and #DB |
      """;

  private SiliconPage() {}

  /** Compares the page with {@code rows}, or writes it. */
  static void check(Path page, List<String> rows) throws IOException {
    if (Boolean.getBoolean("bless")) {
      if (System.getenv("CI") != null) {
        throw new AssertionError("pages are not blessed on a build server");
      }
      String date = LocalDate.now(ZoneOffset.UTC).toString();
      Files.writeString(
          page,
          HEAD.formatted(Emulator.MODEL, version(), date) + String.join("\n", rows) + "\n" + TAIL);
    }
    String text = Files.readString(page);
    List<String> written =
        text.lines()
            .dropWhile(line -> !line.startsWith("| scenario |"))
            .skip(2)
            .takeWhile(line -> line.startsWith("|"))
            .toList();
    assertThat(written).as("docs/silicon.md; -Dbless=true writes it").isEqualTo(rows);
    assertThat(text).contains(TAIL).contains("`" + Emulator.MODEL + "`");
  }

  private static String version() throws IOException {
    Process process = new ProcessBuilder("bochs", "--help").redirectErrorStream(true).start();
    process.getOutputStream().close();
    String first =
        new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
            .lines()
            .filter(line -> line.contains("Emulator"))
            .findFirst()
            .orElse("Bochs");
    return first.strip();
  }
}
