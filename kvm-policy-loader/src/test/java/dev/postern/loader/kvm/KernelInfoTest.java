package dev.postern.loader.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KernelInfoTest {

  /** Whatever bits a module sets, also ones that mean nothing yet. */
  @Test
  void noModuleVouchesForALockItCannotHold() {
    KernelInfo boastful = new KernelInfo(-1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    assertThat(boastful.mechanisms())
        .containsKeys("K1", "K20", "O-23", "pinned-pt")
        .doesNotContainKeys("scan", "trusted-pt");
  }
}
