package dev.postern.x86;

import dev.postern.x86.AssemblySyntax.Expression;
import dev.postern.x86.AssemblySyntax.Statement;
import dev.postern.x86.AssemblySyntax.Written;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which instructions of the table a written statement can mean. */
final class AssemblyForms {

  private final Mode mode;
  private final Statement statement;
  private final Map<String, Long> addresses;
  private final Names.Meaning meaning;
  private final Set<Integer> memoryWidths = new HashSet<>();

  /** {@code statement} names an instruction; {@code addresses} knows every label in it. */
  AssemblyForms(Mode mode, Statement statement, Map<String, Long> addresses) {
    this.mode = mode;
    this.statement = statement;
    this.addresses = addresses;
    this.meaning = Names.meaning(statement.name()).orElseThrow();
  }

  /** The bytes depend on where they stand, or on where a label stands. */
  boolean positional() {
    for (Written operand : statement.operands()) {
      boolean constant =
          switch (operand) {
            case Written.Register register -> true;
            case Written.Value value -> value.value().isConstant();
            case Written.FarPointer pointer ->
                pointer.selector().isConstant() && pointer.offset().isConstant();
            case Written.Memory memory -> memory.displacement().isConstant();
          };
      if (!constant) {
        return true;
      }
    }
    return reaches();
  }

  /** The mnemonic has forms with a relative target. */
  private boolean reaches() {
    return FormIndex.forms(meaning.mnemonic()).stream()
        .flatMap(form -> form.operands.stream())
        .anyMatch(kind -> kind.slot == OperandKind.Slot.RELATIVE);
  }

  static long evaluate(Expression expression, Map<String, Long> addresses) {
    long value = expression.constant();
    for (Map.Entry<String, Integer> label : expression.labels().entrySet()) {
      value += label.getValue() * addresses.getOrDefault(label.getKey(), 0L);
    }
    return value;
  }

  /** As a signed or as an unsigned number of {@code width} bits. */
  static boolean fits(long value, int width) {
    if (width >= 64) {
      return true;
    }
    long high = value >> (width - 1);
    return high == 0 || high == -1 || value >>> width == 0;
  }

  /** Several widths of an unsized memory operand would do. */
  boolean ambiguous() {
    return memoryWidths.size() > 1;
  }

  String complaint() {
    if (reaches()
        && statement.operands().size() == 1
        && statement.operands().getFirst() instanceof Written.Value value) {
      return "target 0x%s is out of reach of '%s'"
          .formatted(Long.toHexString(evaluate(value.value(), addresses)), statement.name());
    }
    List<String> operands = new ArrayList<>();
    for (Written operand : statement.operands()) {
      operands.add(
          switch (operand) {
            case Written.Register register -> "register";
            case Written.Value value -> "value";
            case Written.FarPointer pointer -> "far pointer";
            case Written.Memory memory -> "memory";
          });
    }
    return "no form of '%s' takes (%s) here"
        .formatted(statement.name(), String.join(", ", operands));
  }

  /** Candidates in table order, if the instruction ended at {@code end}. */
  Set<Instruction> candidates(long end) {
    memoryWidths.clear();
    Set<Instruction> candidates = new LinkedHashSet<>();
    List<Mnemonic> mnemonics =
        meaning.mnemonic() == Mnemonic.MOV
            ? List.of(Mnemonic.MOV, Mnemonic.MOV_CR, Mnemonic.MOV_DR)
            : List.of(meaning.mnemonic());
    for (Mnemonic mnemonic : mnemonics) {
      for (Form form : FormIndex.forms(mnemonic)) {
        if (form.validIn(mode)) {
          for (int size : sizes(form)) {
            match(form, size, statement.operands(), end).ifPresent(candidates::add);
          }
        }
      }
    }
    if (candidates.isEmpty() && (meaning.mnemonic() == Mnemonic.TEST || exchanges())) {
      for (Form form : FormIndex.forms(meaning.mnemonic())) {
        for (int size : sizes(form)) {
          match(form, size, statement.operands().reversed(), end).ifPresent(candidates::add);
        }
      }
    }
    return ambiguous() ? usual(candidates) : candidates;
  }

  private boolean exchanges() {
    return meaning.mnemonic() == Mnemonic.XCHG;
  }

  /** An unsized memory operand is of the usual size where the mode has one (push, call, jmp). */
  private Set<Instruction> usual(Set<Instruction> candidates) {
    int usual = Names.usualSize(meaning.mnemonic(), mode);
    if (mode != Mode.BITS64 || usual != 64) {
      return Set.of();
    }
    memoryWidths.clear();
    Set<Instruction> kept = new LinkedHashSet<>(candidates);
    kept.removeIf(instruction -> instruction.operandSize() != usual);
    return kept;
  }

  /** The operand sizes the statement leaves open for {@code form}. */
  private List<Integer> sizes(Form form) {
    Set<Integer> sizes = new LinkedHashSet<>();
    for (int choice = 0; choice < (mode == Mode.BITS64 ? 4 : 2); choice++) {
      boolean prefix = (choice & 1) != 0 || form.pattern().prefix() == Pattern.Prefix.P66;
      boolean wide = (choice & 2) != 0 || form.pattern().wide();
      sizes.add(form.sizing.bits(mode, prefix, wide));
    }
    Optional<Integer> said = meaning.operandSize();
    for (String prefix : statement.prefixes()) {
      said =
          switch (prefix) {
            case "data16" -> Optional.of(16);
            case "data32" -> Optional.of(32);
            case "rex.w" -> Optional.of(64);
            default -> said;
          };
    }
    if (said.isPresent()) {
      int size = said.get();
      sizes.removeIf(other -> other != size);
    } else if (sizes.size() > 1
        && (!Names.sizedByOperand(form.mnemonic)
            || statement.operands().stream().noneMatch(AssemblyForms::sized))) {
      // W16, W32, W64: three names for one opcode
      int size =
          form.has(Form.Attribute.W16)
              ? 16
              : form.has(Form.Attribute.W32)
                  ? 32
                  : form.has(Form.Attribute.W64) ? 64 : Names.usualSize(form.mnemonic, mode);
      sizes.removeIf(other -> other != size);
    }
    return List.copyOf(sizes);
  }

  private static boolean sized(Written operand) {
    return switch (operand) {
      case Written.Register register -> !(register.operand() instanceof Operand.SegmentRegister);
      case Written.Memory memory -> true;
      case Written.Value value -> false;
      case Written.FarPointer pointer -> false;
    };
  }

  private Optional<Instruction> match(Form form, int size, List<Written> written, long end) {
    List<Operand> operands = new ArrayList<>();
    int addressSize = meaning.addressSize().orElse(mode.bits());
    for (String prefix : statement.prefixes()) {
      addressSize = prefix.equals("addr16") ? 16 : prefix.equals("addr32") ? 32 : addressSize;
    }
    boolean implied =
        written.isEmpty() && (Names.isString(form.mnemonic) || form.mnemonic == Mnemonic.XLAT);
    if (!implied && written.size() != form.operands.size()) {
      return Optional.empty();
    }
    for (int i = 0; i < form.operands.size(); i++) {
      OperandKind kind = form.operands.get(i);
      if (implied) {
        operands.add(implied(kind, size, addressSize));
        continue;
      }
      if (written.get(i) instanceof Written.Memory memory && memory.addressSize() != 0) {
        addressSize = memory.addressSize();
      }
      Optional<List<Operand>> operand = operand(kind, written.get(i), size, addressSize, end);
      if (operand.isEmpty()) {
        return Optional.empty();
      }
      operands.addAll(operand.get());
    }
    for (int i = 0; i < form.operands.size() && !implied; i++) {
      if (written.get(i) instanceof Written.Memory memory
          && memory.width() == 0
          && operands.get(i) instanceof Operand.Memory sized) {
        memoryWidths.add(sized.width());
      }
    }
    boolean inMemory = !operands.isEmpty() && operands.getFirst() instanceof Operand.Memory;
    return Optional.of(
        new Instruction(
            form.mnemonic,
            meaning.condition(),
            mode,
            1,
            size,
            addressSize,
            repeat(form),
            statement.prefixes().contains("lock") || (inMemory && form.has(Form.Attribute.XLOCK)),
            operands));
  }

  private Repeat repeat(Form form) {
    for (String prefix : statement.prefixes()) {
      switch (prefix) {
        case "rep", "repe", "repz" -> {
          return form.has(Form.Attribute.REPE) ? Repeat.REPE : Repeat.REP;
        }
        case "repne", "repnz" -> {
          return Repeat.REPNE;
        }
        default -> {}
      }
    }
    return Repeat.NONE;
  }

  /** The operand of a string instruction that was not written. */
  private Operand implied(OperandKind kind, int size, int addressSize) {
    int width = kind.bits(true, size, mode);
    return switch (kind) {
      case Xb, Xv, Xz -> string(Segment.DS, Gpr.RSI, addressSize, width);
      case Yb, Yv, Yz -> string(Segment.ES, Gpr.RDI, addressSize, width);
      case XLAT_TABLE -> string(Segment.DS, Gpr.RBX, addressSize, width);
      case DX -> new Operand.Register(Gpr.RDX, 16, false);
      default -> new Operand.Register(Gpr.RAX, width, false);
    };
  }

  private static Operand string(Segment segment, Gpr base, int addressSize, int width) {
    return new Operand.Memory(
        segment, Optional.of(base), Optional.empty(), 1, 0, false, addressSize, width);
  }

  private Optional<List<Operand>> operand(
      OperandKind kind, Written written, int size, int addressSize, long end) {
    return switch (written) {
      case Written.Register register -> register(kind, register.operand(), size);
      case Written.Memory memory -> memory(kind, memory, size, addressSize, end);
      case Written.Value value -> value(kind, value.value(), size, end);
      case Written.FarPointer pointer ->
          kind == OperandKind.Ap
              ? Optional.of(
                  List.of(
                      new Operand.Immediate(evaluate(pointer.selector(), addresses), 16),
                      new Operand.Immediate(evaluate(pointer.offset(), addresses), size)))
              : Optional.empty();
    };
  }

  /** Registers are right if their width is; {@link Encoder} sees to the rest. */
  private Optional<List<Operand>> register(OperandKind kind, Operand register, int size) {
    return switch (register) {
      case Operand.Register r ->
          kind.register && r.width() == kind.bits(false, size, mode)
              ? Optional.of(List.of(r))
              : Optional.empty();
      case Operand.SegmentRegister r ->
          kind == OperandKind.Sw || kind.name().equals(r.segment().name())
              ? Optional.of(List.of(r))
              : Optional.empty();
      case Operand.ControlRegister r ->
          kind == OperandKind.Cd
              ? Optional.of(List.of(new Operand.ControlRegister(r.number(), size)))
              : Optional.empty();
      case Operand.DebugRegister r ->
          kind == OperandKind.Dd
              ? Optional.of(List.of(new Operand.DebugRegister(r.number(), size)))
              : Optional.empty();
      case Operand.Memory m -> Optional.empty();
      case Operand.Immediate i -> Optional.empty();
      case Operand.Relative r -> Optional.empty();
    };
  }

  private Optional<List<Operand>> memory(
      OperandKind kind, Written.Memory memory, int size, int addressSize, long end) {
    int width = kind.bits(true, size, mode);
    int shown = kind == OperandKind.En ? size : width;
    if (!kind.memory || (memory.width() != 0 && shown != 0 && memory.width() != shown)) {
      return Optional.empty();
    }
    long displacement = evaluate(memory.displacement(), addresses);
    if (memory.ripRelative() && memory.displacement().isAddress()) {
      displacement -= end;
    }
    if (!fits(displacement, addressSize)) {
      return Optional.empty();
    }
    int unused = 64 - addressSize;
    boolean stack =
        memory.base().isPresent()
            && (memory.base().get() == Gpr.RSP || memory.base().get() == Gpr.RBP);
    boolean destination =
        kind == OperandKind.Yb || kind == OperandKind.Yv || kind == OperandKind.Yz;
    Segment standard = destination ? Segment.ES : stack ? Segment.SS : Segment.DS;
    return Optional.of(
        List.of(
            new Operand.Memory(
                memory.segment().orElse(standard),
                memory.base(),
                memory.index(),
                memory.scale(),
                displacement << unused >> unused,
                memory.ripRelative(),
                addressSize,
                width)));
  }

  private Optional<List<Operand>> value(
      OperandKind kind, Expression expression, int size, long end) {
    long value = evaluate(expression, addresses);
    return switch (kind.slot) {
      case RELATIVE -> {
        int unused = 64 - size;
        yield Optional.of(List.of(new Operand.Relative((value - end) << unused >> unused, size)));
      }
      case IMMEDIATE -> {
        int width = kind.bits(false, size, mode);
        yield kind != OperandKind.Ap && fits(value, width)
            ? Optional.of(List.of(new Operand.Immediate(value, width)))
            : Optional.empty();
      }
      case FIXED ->
          kind == OperandKind.ONE && value == 1
              ? Optional.of(List.of(new Operand.Immediate(1, 8)))
              : Optional.empty();
      case RM, REG, OPCODE, MOFFS, STRING -> Optional.empty();
    };
  }
}
