package dev.postern.x86;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.StringJoiner;

/**
 * Instructions as Intel-syntax text: lower case, one spelling for each instruction. {@link
 * Assembler} and GNU as read it back.
 */
public final class Disassembler {

  private Disassembler() {}

  /** Branch targets relative to the instruction: {@code jmp .+0x10}. */
  public static String text(Instruction instruction) {
    return text(instruction, OptionalLong.empty());
  }

  /** Branch targets absolute: {@code jmp 0x2000}. */
  public static String text(Instruction instruction, long address) {
    return text(instruction, OptionalLong.of(address));
  }

  private static String text(Instruction instruction, OptionalLong address) {
    StringBuilder text = new StringBuilder(prefixes(instruction)).append(Names.of(instruction));
    if (Names.isString(instruction.mnemonic()) && usual(instruction)) {
      return text.toString();
    }
    if (instruction.mnemonic() == Mnemonic.XLAT && usual(instruction)) {
      return text.toString();
    }
    StringJoiner operands = new StringJoiner(", ", " ", "").setEmptyValue("");
    if (farImmediate(instruction)) {
      operands.add(
          operand(instruction, instruction.operands().get(0), address)
              + ":"
              + operand(instruction, instruction.operands().get(1), address));
    } else {
      for (Operand operand : instruction.operands()) {
        operands.add(operand(instruction, operand, address));
      }
    }
    return text.append(operands).toString();
  }

  private static String prefixes(Instruction instruction) {
    StringBuilder prefixes = new StringBuilder();
    boolean implied = instruction.mnemonic() == Mnemonic.XCHG;
    if (instruction.lock() && !implied) {
      prefixes.append("lock ");
    }
    switch (instruction.repeat()) {
      case NONE -> {}
      case REP -> prefixes.append("rep ");
      case REPE -> prefixes.append("repe ");
      case REPNE -> prefixes.append("repne ");
    }
    int size = instruction.operandSize();
    if (size != Names.usualSize(instruction.mnemonic(), instruction.mode())
        && !sizeShown(instruction)) {
      prefixes.append(size == 16 ? "data16 " : size == 32 ? "data32 " : "rex.w ");
    }
    boolean shown = instruction.mnemonic() == Mnemonic.JCXZ;
    for (Operand operand : instruction.operands()) {
      shown |=
          operand instanceof Operand.Memory m && (m.base().isPresent() || m.index().isPresent());
    }
    if (instruction.addressSize() != instruction.mode().bits() && !shown) {
      prefixes.append("addr").append(instruction.addressSize()).append(' ');
    }
    return prefixes.toString();
  }

  /** Name or operands tell the operand size, or there is nothing to tell. */
  private static boolean sizeShown(Instruction instruction) {
    if (instruction.operandSize() == 8 || Names.sized(instruction.mnemonic())) {
      return true;
    }
    if (!Names.sizedByOperand(instruction.mnemonic())) {
      return false;
    }
    for (Operand operand : instruction.operands()) {
      if (operand instanceof Operand.Register
          || operand instanceof Operand.Memory
          || operand instanceof Operand.ControlRegister
          || operand instanceof Operand.DebugRegister) {
        return true;
      }
    }
    return false;
  }

  /** The operands of a string instruction say nothing beyond its name. */
  private static boolean usual(Instruction instruction) {
    for (Operand operand : instruction.operands()) {
      if (operand instanceof Operand.Memory m
          && (m.addressSize() != instruction.mode().bits()
              || (m.segment() != Segment.DS && m.segment() != Segment.ES))) {
        return false;
      }
      // es: on the source is an override; on the destination it is how things are
      if (operand instanceof Operand.Memory m
          && m.segment() == Segment.ES
          && !m.base().equals(Optional.of(Gpr.RDI))) {
        return false;
      }
    }
    return true;
  }

  private static boolean farImmediate(Instruction instruction) {
    return (instruction.mnemonic() == Mnemonic.JMP_FAR
            || instruction.mnemonic() == Mnemonic.CALL_FAR)
        && instruction.operands().size() == 2;
  }

  private static String operand(Instruction instruction, Operand operand, OptionalLong address) {
    return switch (operand) {
      case Operand.Register register -> Names.register(register);
      case Operand.SegmentRegister register -> Names.lower(register.segment());
      case Operand.ControlRegister register -> "cr" + register.number();
      case Operand.DebugRegister register -> "dr" + register.number();
      case Operand.Memory memory -> memory(memory, shownWidth(instruction, memory));
      case Operand.Immediate immediate -> immediate(immediate);
      case Operand.Relative relative -> target(instruction, relative, address);
    };
  }

  /** NOP shows a size it does not use; to GNU as, a size before a descriptor table is another. */
  private static int shownWidth(Instruction instruction, Operand.Memory memory) {
    return instruction.mnemonic() == Mnemonic.NOP
        ? instruction.operandSize()
        : Names.sizedByOperand(instruction.mnemonic()) ? memory.width() : 0;
  }

  private static String target(
      Instruction instruction, Operand.Relative relative, OptionalLong address) {
    long fromStart = relative.displacement() + instruction.length();
    if (address.isEmpty()) {
      return "." + signed(fromStart);
    }
    long target = address.getAsLong() + fromStart;
    return "0x" + Long.toHexString(truncate(target, relative.width()));
  }

  private static long truncate(long value, int width) {
    return width == 64 ? value : value & ((1L << width) - 1);
  }

  private static String immediate(Operand.Immediate immediate) {
    int unused = 64 - immediate.width();
    long signed = immediate.value() << unused >> unused;
    return immediate.width() > 8 && signed < 0 && signed >= -128
        ? "-" + number(-signed)
        : number(immediate.value());
  }

  /** Unsigned; up to nine in decimal, which is the same in hexadecimal. */
  private static String number(long value) {
    return value >= 0 && value < 10 ? Long.toString(value) : "0x" + Long.toHexString(value);
  }

  private static String signed(long value) {
    return value < 0 ? "-" + number(-value) : "+" + number(value);
  }

  private static String memory(Operand.Memory memory, int width) {
    StringBuilder text = new StringBuilder();
    text.append(
        switch (width) {
          case 8 -> "byte ptr ";
          case 16 -> "word ptr ";
          case 32 -> "dword ptr ";
          case 48 -> "fword ptr ";
          case 64 -> "qword ptr ";
          case 80 -> "tbyte ptr ";
          case 128 -> "xmmword ptr ";
          default -> "";
        });
    boolean stackBase =
        memory.base().isPresent()
            && (memory.base().get() == Gpr.RSP || memory.base().get() == Gpr.RBP);
    boolean es = memory.segment() == Segment.ES;
    if (es || memory.segment() != (stackBase ? Segment.SS : Segment.DS)) {
      text.append(Names.lower(memory.segment())).append(':');
    }
    text.append('[');
    boolean something = false;
    if (memory.ripRelative()) {
      text.append(memory.addressSize() == 64 ? "rip" : "eip");
      something = true;
    }
    if (memory.base().isPresent()) {
      text.append(Names.register(memory.base().get(), memory.addressSize()));
      something = true;
    }
    if (memory.index().isPresent()) {
      if (something) {
        text.append('+');
      }
      if (memory.scale() != 1 || !something) {
        text.append(memory.scale()).append('*');
      }
      text.append(Names.register(memory.index().get(), memory.addressSize()));
      something = true;
    }
    if (!something) {
      text.append(number(truncate(memory.displacement(), memory.addressSize())));
    } else if (memory.displacement() != 0) {
      text.append(signed(memory.displacement()));
    }
    return text.append(']').toString();
  }
}
