package dev.postern.signer.ceremony;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.json.JsonException;
import dev.postern.model.Policy;
import dev.postern.model.PolicyJson;
import dev.postern.signer.Samples;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an operator is shown as different, and what of it as wider. */
class PolicyDifferenceTest {

  private static final String JSON =
      new String(PolicyJson.canonical(Samples.policy()), StandardCharsets.UTF_8);

  @Test
  void nothingIsDifferentOfItself() {
    assertThat(PolicyDifference.between(Samples.policy(), Samples.policy())).isEmpty();
  }

  /** Each changes one thing of the sample and says what the line must be; ! is wider. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"version\":7 | \"version\":8 | version: 7 -> 8",
        "\"leaf\":\"rw- wb | \"leaf\":\"r-- wb | views.tx.mappings.ring.leaf:",
        "\"leaf\":\"r-x wb | \"leaf\":\"rwx wb | !views.tx.mappings.gate.leaf:",
        "\"leaf\":\"r-x wb | \"leaf\":\"r-x uc | !views.tx.mappings.gate.leaf:",
        "\"write\":true | \"write\":false | vms.nat.approvals.ring.write: true -> false",
        "\"physical-address-width\":46 | \"physical-address-width\":52 | !cpu.physical-address-width:",
        "\"hlat\":true | \"hlat\":false | !cpu.features.hlat: true -> false",
        "\"kinds\":[\"hlat\"] | \"kinds\":[\"scan\",\"hlat\"] | new vms.fw.lock.kinds.scan",
        "\"name\":\"ring\",\"role\" | \"name\":\"rong\",\"role\" | !new views.tx.mappings.rong",
        "\"bytes\":\"31c0 | \"bytes\":\"33c0 | !views.tx.mappings.gate.image.bytes:",
      })
  void eachDifferenceIsSaid(String was, String is, String line) throws Exception {
    assertThat(JSON).contains(was);
    assertThat(shown(Samples.policy(), read(JSON.replaceFirst(quoted(was), is))))
        .anySatisfy(text -> assertThat(text).startsWith(line));
  }

  /**
   * A control the guest is no longer held by, a lock that is gone: less stands, more is reached.
   */
  @Test
  void whatIsNoLongerHeldIsWider() throws Exception {
    Policy held = Samples.policy();
    Policy less = read(JSON.replaceFirst("\"held\":\\[\"k1\",", "\"held\":["));
    assertThat(shown(held, less)).containsExactly("!removed vms.fw.controls.held.k1 \"k1\"");
    assertThat(shown(less, held)).containsExactly("new vms.fw.controls.held.k1 \"k1\"");
    Policy two =
        read(JSON.replaceFirst("\"kinds\":\\[\"hlat\"\\]", "\"kinds\":[\"scan\",\"hlat\"]"));
    assertThat(shown(two, held)).containsExactly("!removed vms.fw.lock.kinds.scan \"scan\"");
  }

  @Test
  void whatIsTakenAwayFromAViewIsNot() throws Exception {
    Policy without = read(JSON.replaceFirst("\"waivers\":\\[.*?\\]", "\"waivers\":[]"));
    assertThat(shown(Samples.policy(), without))
        .singleElement()
        .asString()
        .startsWith("removed waivers.speculation");
    assertThat(shown(without, Samples.policy()))
        .singleElement()
        .asString()
        .startsWith("!new waivers.speculation");
    Policy claims = Samples.policy();
    Policy disclaims =
        read(
            JSON.replaceFirst(
                "(\"name\":\"tx\".*?\\])\\}(\\],\"slots\")",
                "$1,\"mediation-not-claimed\":\"no\"}$2"));
    assertThat(shown(claims, disclaims))
        .containsExactly("!new views.tx.mediation-not-claimed \"no\"");
    assertThat(shown(disclaims, claims))
        .containsExactly("removed views.tx.mediation-not-claimed \"no\"");
  }

  /** A name cannot pass for a place: the path is a list, not a text. */
  @Test
  void aMachineCalledControlsHasNone() throws Exception {
    Policy odd =
        read(
            JSON.replace(
                "\"waivers\":[", "\"waivers\":[{\"rule\":\"controls.held\",\"reason\":\"x\"},"));
    assertThat(shown(Samples.policy(), odd))
        .singleElement()
        .asString()
        .startsWith("!new waivers.controls.held");
  }

  private static List<String> shown(Policy before, Policy after) {
    return PolicyDifference.between(before, after).stream()
        .map(line -> (line.wider() ? "!" : "") + line.text())
        .toList();
  }

  private static Policy read(String json) throws JsonException {
    assertThat(json).isNotEqualTo(JSON);
    return PolicyJson.readCanonical(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String quoted(String text) {
    return java.util.regex.Pattern.quote(text);
  }
}
