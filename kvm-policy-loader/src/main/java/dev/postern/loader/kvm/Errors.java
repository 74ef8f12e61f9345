package dev.postern.loader.kvm;

import java.util.Map;

/** What the module means by an error number; {@code docs/kvm-abi.md} has the whole table. */
final class Errors {

  private static final Map<Integer, String> MEANINGS =
      Map.ofEntries(
          Map.entry(1, "not permitted: a frame may not be mapped so, or a control is not held"),
          Map.entry(2, "no such file or installation"),
          Map.entry(3, "the process is gone"),
          Map.entry(4, "interrupted"),
          Map.entry(6, "a frame that was not registered"),
          Map.entry(7, "another version of the structure"),
          Map.entry(9, "not an open file"),
          Map.entry(11, "memory changed meanwhile; try again"),
          Map.entry(12, "out of memory"),
          Map.entry(14, "bad address"),
          Map.entry(16, "the machine has another installation, or it is being changed"),
          Map.entry(17, "a frame registered twice"),
          Map.entry(22, "malformed"),
          Map.entry(25, "not a call of this module"),
          Map.entry(31, "a table reached twice"),
          Map.entry(34, "memory that is not one slot's, or other vCPUs than the machine's"),
          Map.entry(53, "an entry that is no proper EPT entry"),
          Map.entry(57, "a slot of the EPTP list that is not declared, or no proper EPT pointer"),
          Map.entry(74, "the copy is not what was to be written"),
          Map.entry(77, "not in this order"),
          Map.entry(95, "a control this kernel cannot hold"),
          Map.entry(110, "a vCPU did not run, or did not leave its view, in time"),
          Map.entry(114, "begun already"),
          Map.entry(115, "a vCPU has not let go yet"),
          Map.entry(116, "the machine is ending or has ended"));

  private Errors() {}

  static String describe(int number) {
    return MEANINGS.getOrDefault(number, "failed") + " (errno " + number + ")";
  }
}
