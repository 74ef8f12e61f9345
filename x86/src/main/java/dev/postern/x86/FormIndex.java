package dev.postern.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The table arranged for look-up: by mode, opcode map, opcode and ModRM.reg for decoding, by
 * mnemonic for encoding.
 */
final class FormIndex {

  private static final Opcode NOTHING = new Opcode(false, false, List.of(List.of()));

  /** A mode's index is built when it is first asked for. */
  private static final class Bits64 {
    static final FormIndex INDEX = new FormIndex(Mode.BITS64);
  }

  private static final class Bits32 {
    static final FormIndex INDEX = new FormIndex(Mode.BITS32);
  }

  private static final class Bits16 {
    static final FormIndex INDEX = new FormIndex(Mode.BITS16);
  }

  private static final class ByMnemonic {
    static final Map<Mnemonic, List<Form>> FORMS = byMnemonic();
  }

  /** Rows of one opcode: one list, or, where ModRM.reg extends the opcode, one for each value. */
  record Opcode(boolean modRm, boolean group, List<List<Row>> lists) {
    List<Row> rows(int reg) {
      return lists.get(group ? reg : 0);
    }
  }

  private final Opcode[][] maps = new Opcode[4][256];

  private FormIndex(Mode mode) {
    // Table A-1's i64 and o64: in the other mode the opcode is invalid unless another row took it.
    List<Row> absent = new ArrayList<>();
    Map<Integer, List<Row>> lists = new HashMap<>(1024);
    for (Row row : Forms.ROWS) {
      if (row.validIn(mode)) {
        add(lists, row);
      } else if (row instanceof Form form) {
        String where = mode == Mode.BITS64 ? " in 64-bit mode" : " outside 64-bit mode";
        Decoded answer = new Decoded.Undefined(form.mnemonic.name().concat(where));
        absent.add(new Refusal(form.pattern(), answer, false));
      }
    }
    for (Row row : absent) {
      add(lists, row);
    }
    for (Opcode[] map : maps) {
      Arrays.fill(map, NOTHING);
    }
    for (Map.Entry<Integer, List<Row>> entry : lists.entrySet()) {
      maps[entry.getKey() >> 8][entry.getKey() & 0xFF] = opcode(entry.getValue());
    }
  }

  private static void add(Map<Integer, List<Row>> lists, Row row) {
    Pattern pattern = row.pattern();
    for (int i = 0; i < pattern.count(); i++) {
      int key = pattern.map() << 8 | (pattern.opcode() + i);
      List<Row> rows = lists.get(key);
      if (rows == null) {
        rows = new ArrayList<>(2);
        lists.put(key, rows);
      }
      rows.add(row);
    }
  }

  private static Opcode opcode(List<Row> rows) {
    boolean modRm = false;
    int mask = 0;
    for (Row row : rows) {
      modRm |= row.pattern().modRm();
      mask |= row.pattern().mask() & 0x38;
    }
    if (mask == 0) {
      return new Opcode(modRm, false, List.of(rows));
    }
    List<List<Row>> split = new ArrayList<>(8);
    for (int reg = 0; reg < 8; reg++) {
      List<Row> matching = new ArrayList<>(rows.size());
      for (Row row : rows) {
        Pattern pattern = row.pattern();
        int significant = pattern.mask() & 0x38;
        if (((reg << 3) & significant) == (pattern.value() & significant)) {
          matching.add(row);
        }
      }
      split.add(matching);
    }
    return new Opcode(true, true, split);
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
          case BITS64 -> Bits64.INDEX;
          case BITS32 -> Bits32.INDEX;
          case BITS16 -> Bits16.INDEX;
        };
    return index.maps[map][opcode];
  }

  /** The forms that produce a mnemonic, in table order. */
  static List<Form> forms(Mnemonic mnemonic) {
    return ByMnemonic.FORMS.getOrDefault(mnemonic, List.of());
  }
}
