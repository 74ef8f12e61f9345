package dev.postern.verifier.access;

import dev.postern.model.Control;
import dev.postern.model.Controls;
import dev.postern.x86.Platform;

/** What the host's controls mean to a single instruction. */
public final class HeldControls {

  private HeldControls() {}

  public static boolean holds(Controls controls, Platform.Restraint restraint) {
    return controls.holds(
        switch (restraint) {
          case CONTROL_REGISTERS_PINNED -> Control.K4;
          case CR3_LOAD_EXITS -> Control.K7;
          case DESCRIPTOR_TABLES_EXIT -> Control.K8;
          case MOV_DR_EXITS -> Control.K17;
        });
  }
}
