package dev.postern.dsl.resolve;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.dsl.diagnostic.Spelling;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.ControlRegion;
import dev.postern.model.Cpu;
import dev.postern.model.Disclosure;
import dev.postern.model.Doorbell;
import dev.postern.model.Lock;
import dev.postern.model.MemoryType;
import dev.postern.model.PageSize;
import dev.postern.model.Register;
import dev.postern.model.Role;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** The words of the language that stand for values of the model, in both directions. */
public final class Words {

  public static final SequencedMap<String, MemoryType> MEMORY_TYPES = ofEnum(MemoryType.values());
  public static final SequencedMap<String, Lock.Kind> LOCKS = ofEnum(Lock.Kind.values());
  public static final SequencedMap<String, Cpu.Feature> FEATURES = ofEnum(Cpu.Feature.values());
  public static final SequencedMap<String, Cpu.L1tf> L1TF = ofEnum(Cpu.L1tf.values());
  public static final SequencedMap<String, Role> ROLES = ofEnum(Role.values());
  public static final SequencedMap<String, Register> REGISTERS = ofEnum(Register.values());
  public static final SequencedMap<String, ControlRegion.Kind> CONTROL_REGIONS =
      ofEnum(ControlRegion.Kind.values());

  public static final SequencedMap<String, Disclosure> DISCLOSURES = ofEnum(Disclosure.values());
  public static final SequencedMap<String, Doorbell.Wait> WAITS = ofEnum(Doorbell.Wait.values());
  public static final SequencedMap<String, Doorbell.Exit> EXITS = ofEnum(Doorbell.Exit.values());

  /** Exceptions by mnemonic (SDM vol. 3 table 6-1). */
  public static final SequencedMap<String, Integer> EXCEPTIONS = exceptions();

  private Words() {}

  private static <E extends Enum<E>> SequencedMap<String, E> ofEnum(E[] values) {
    SequencedMap<String, E> map = new LinkedHashMap<>();
    for (E value : values) {
      map.put(of(value), value);
    }
    return Collections.unmodifiableSequencedMap(map);
  }

  private static SequencedMap<String, Integer> exceptions() {
    SequencedMap<String, Integer> map = new LinkedHashMap<>();
    String[] names = {
      "de", "db", "nmi", "bp", "of", "br", "ud", "nm", "df", "", "ts", "np", "ss", "gp", "pf", "",
      "mf", "ac", "mc", "xm", "ve", "cp"
    };
    for (int vector = 0; vector < names.length; vector++) {
      if (!names[vector].isEmpty()) {
        map.put(names[vector], vector);
      }
    }
    return Collections.unmodifiableSequencedMap(map);
  }

  /** The word for an enum constant: {@code DESTINATION_WINDOW} is {@code destination-window}. */
  public static String of(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@code 4KiB}, {@code 2MiB} or {@code 1GiB}. */
  public static String of(PageSize size) {
    return switch (size) {
      case SMALL -> "4KiB";
      case LARGE -> "2MiB";
      case HUGE -> "1GiB";
    };
  }

  /** What {@code word} stands for in {@code table}; a diagnostic if nothing. */
  static <V> Optional<V> find(
      Map<String, V> table, Tree.Name word, String kind, Diagnostics diagnostics) {
    V value = table.get(word.text());
    if (value == null) {
      diagnostics.add(
          Diagnostic.error(
                  Code.UNKNOWN_WORD, word.at(), "'%s' is not %s".formatted(word.text(), kind))
              .hint(
                  Spelling.closest(word.text(), table.keySet())
                      .map(close -> "did you mean '" + close + "'?")
                      .orElse("it is one of: " + String.join(", ", table.keySet()))));
    }
    return Optional.ofNullable(value);
  }
}
