package dev.postern.x86;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The table arranged for look-up: by mode, opcode map, opcode and ModRM.reg for decoding, by
 * mnemonic for encoding.
 */
final class FormIndex {

  private static final FormIndex BITS64 = new FormIndex(Mode.BITS64);
  private static final FormIndex BITS32 = new FormIndex(Mode.BITS32);
  private static final FormIndex BITS16 = new FormIndex(Mode.BITS16);

  private static final Map<Mnemonic, List<Form>> BY_MNEMONIC = byMnemonic();

  /** Rows of one opcode; without a ModRM byte there is one list, with it one for each reg field. */
  record Opcode(boolean modRm, List<List<Row>> byReg) {}

  private final Opcode[][] maps = new Opcode[4][256];

  private FormIndex(Mode mode) {
    List<List<List<Row>>> lists = new ArrayList<>();
    for (int map = 0; map < 4; map++) {
      List<List<Row>> opcodes = new ArrayList<>();
      for (int opcode = 0; opcode < 256; opcode++) {
        opcodes.add(new ArrayList<>(4));
      }
      lists.add(opcodes);
    }
    List<Form> absent = new ArrayList<>();
    for (Row row : Forms.ROWS) {
      if (row.validIn(mode)) {
        add(lists, row.pattern(), row);
      } else if (row instanceof Form form) {
        absent.add(form);
      }
    }
    // Table A-1's i64 and o64: in the other mode the opcode is invalid unless another row took it.
    for (Form form : absent) {
      String where = mode == Mode.BITS64 ? " in 64-bit mode" : " outside 64-bit mode";
      Decoded answer = new Decoded.Undefined(form.mnemonic + where);
      add(lists, form.pattern(), new Refusal(form.pattern(), answer, false));
    }
    for (int map = 0; map < 4; map++) {
      for (int opcode = 0; opcode < 256; opcode++) {
        maps[map][opcode] = opcode(lists.get(map).get(opcode));
      }
    }
  }

  private static void add(List<List<List<Row>>> lists, Pattern pattern, Row row) {
    for (int i = 0; i < pattern.count(); i++) {
      lists.get(pattern.map()).get(pattern.opcode() + i).add(row);
    }
  }

  private static Opcode opcode(List<Row> rows) {
    boolean modRm = false;
    for (Row row : rows) {
      modRm |= row.pattern().modRm();
    }
    List<List<Row>> split = new ArrayList<>(8);
    for (int reg = 0; reg < (modRm ? 8 : 1); reg++) {
      List<Row> matching = new ArrayList<>(rows.size());
      for (Row row : rows) {
        Pattern pattern = row.pattern();
        int mask = pattern.mask() & 0x38;
        if (((reg << 3) & mask) == (pattern.value() & mask)) {
          matching.add(row);
        }
      }
      split.add(List.copyOf(matching));
    }
    return new Opcode(modRm, List.copyOf(split));
  }

  private static Map<Mnemonic, List<Form>> byMnemonic() {
    Map<Mnemonic, List<Form>> map = new EnumMap<>(Mnemonic.class);
    for (Row row : Forms.ROWS) {
      if (row instanceof Form form && !form.has(Form.Attribute.ALIAS)) {
        map.computeIfAbsent(form.mnemonic, key -> new ArrayList<>(4)).add(form);
      }
    }
    return map;
  }

  static Opcode opcode(Mode mode, int map, int opcode) {
    FormIndex index =
        switch (mode) {
          case BITS64 -> BITS64;
          case BITS32 -> BITS32;
          case BITS16 -> BITS16;
        };
    return index.maps[map][opcode];
  }

  /** The forms that produce a mnemonic, in table order. */
  static List<Form> forms(Mnemonic mnemonic) {
    return BY_MNEMONIC.getOrDefault(mnemonic, List.of());
  }
}
