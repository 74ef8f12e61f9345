package dev.postern.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import org.junit.jupiter.api.Test;

/** P1 is the security model's own: its two pages have the digests stated there (section 4). */
class P1Test {

  private final Policy policy = Examples.policy("p1/p1.postern");

  @Test
  void gatePageIsTheModelsByteForByte() {
    assertThat(sha256("gate"))
        .isEqualTo("46a191ce2637fa068e15fcd003cbb4b8069b1c24cd3e89984bfe4cb57ba7842e");
  }

  @Test
  void protectedPageIsTheModelsByteForByte() {
    assertThat(sha256("body"))
        .isEqualTo("348b2c178165688fc09c4a8feb959c3e7664ef0a9a7124e9d280099d87daf65b");
  }

  private String sha256(String mapping) {
    return policy.view("tx").orElseThrow().mappings().stream()
        .filter(m -> m.name().equals(mapping))
        .map(Mapping::image)
        .map(image -> image.orElseThrow().bytes().sha256())
        .findFirst()
        .orElseThrow();
  }
}
