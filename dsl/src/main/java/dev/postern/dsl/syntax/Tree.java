package dev.postern.dsl.syntax;

import dev.postern.model.Location;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * A policy file as written: names unresolved, numbers unevaluated. Every node knows where it
 * stands; the grammar's rule of the same name says how it is written.
 */
public sealed interface Tree {

  /** Where the node's first token stands. */
  Location at();

  /** A whole file. An included one has no header. */
  record File(Location at, Optional<Header> header, List<Statement> statements) implements Tree {}

  record Header(Location at, Name name, Expression version) implements Tree {}

  /** A name, a plain word, or a reference such as {@code unit:section}, by context. */
  record Name(Location at, String text) implements Tree {}

  /** A quoted text, its escapes undone. */
  record Text(Location at, String value) implements Tree {}

  record Toggle(Location at, boolean on) implements Tree {}

  // ---- expressions

  sealed interface Expression extends Tree {}

  record Numeral(Location at, BigInteger value) implements Expression {}

  record Use(Location at, String name) implements Expression {}

  /** {@code first} and then each step, from left to right. */
  record Chain(Location at, Expression first, List<Step> steps) implements Expression {}

  record Step(Location at, Operator operator, Expression operand) implements Tree {}

  enum Operator {
    PLUS,
    MINUS,
    TIMES,
    DIVIDED_BY
  }

  // ---- statements

  sealed interface Statement extends Tree {}

  record Include(Location at, Text path) implements Statement {}

  record Constant(Location at, Name name, Expression value) implements Statement {}

  record Cpu(Location at, List<CpuItem> items) implements Statement {}

  sealed interface CpuItem extends Tree {}

  record CpuWidth(Location at, Expression bits) implements CpuItem {}

  record CpuEpt(Location at, List<Name> capabilities, List<Numeral> pageSizes) implements CpuItem {}

  record CpuFeatures(Location at, boolean present, List<Name> features) implements CpuItem {}

  record CpuL1tf(Location at, Name word) implements CpuItem {}

  record Vm(Location at, Name name, boolean source, boolean destination, List<VmItem> items)
      implements Statement {}

  sealed interface VmItem extends Tree {}

  record Vcpus(Location at, Expression count) implements VmItem {}

  record Memory(
      Location at,
      Name name,
      Expression gpa,
      Expression size,
      Optional<Expression> pages,
      Optional<Expression> host,
      boolean special,
      boolean dirtyLogged)
      implements VmItem {}

  record Lock(
      Location at, List<Name> kinds, Optional<LockRange> range, Optional<Expression> linearBase)
      implements VmItem {}

  record LockRange(Location at, Expression start, Expression size) implements Tree {}

  record Controls(Location at, List<Setting> settings) implements VmItem {}

  /** One control and what it is set to: the words of a line, or up to a {@code ;}. */
  record Setting(Location at, List<Name> words) implements Tree {}

  record Approve(Location at, Name source, List<Approval> approvals) implements VmItem {}

  record Approval(
      Location at,
      Name name,
      Expression gpa,
      Expression size,
      List<Name> permissions,
      Optional<Expression> pages,
      List<Name> sharedWith,
      Optional<Doorbell> doorbell)
      implements Tree {}

  /** How the owner of the page waits, and which exits its host leaves on, where it says so. */
  record Doorbell(Location at, Name way, List<Name> exits) implements Tree {}

  record Alias(Location at, Frames frames, Expression gpa, List<Attribute> attributes)
      implements VmItem {}

  record Domain(Location at, Name name, List<Reach> maps, List<Reach> except)
      implements Statement {}

  /** What a device reaches, or does not. */
  sealed interface Reach extends Tree {}

  record Trampolines(Location at) implements Reach {}

  record ControlRegion(Location at, Name kind, Frames frames, Optional<Expression> size)
      implements Statement {}

  // ---- frames

  sealed interface Frames extends Reach {}

  record HostFrames(Location at, Expression address, Optional<Expression> size) implements Frames {}

  /** {@code owner.member}, or a slice of it. */
  record MemberFrames(Location at, Member member, boolean loader, Optional<Slice> slice)
      implements Frames {}

  record Member(Location at, String owner, String member) implements Tree {
    @Override
    public String toString() {
      return owner + "." + member;
    }
  }

  record Slice(Location at, Expression offset, Optional<Expression> size) implements Tree {}

  // ---- code

  record Code(Location at, Name name, Source source) implements Statement {}

  sealed interface Source extends Tree {}

  record Elf(Location at, Text path) implements Source {}

  record Written(Location at, List<Section> sections) implements Source {}

  record Section(Location at, Name name, List<Content> content) implements Tree {}

  sealed interface Content extends Tree {}

  record HexBytes(Location at, List<Text> lines) implements Content {}

  record HexFile(Location at, Text path) implements Content {}

  record BinaryFile(Location at, Text path) implements Content {}

  /** Assembler text as written; {@code at} is its first character. */
  record Assembly(Location at, String text) implements Content {}

  record Symbol(Location at, String name, Optional<Expression> offset) implements Content {}

  record Pad(Location at, Expression to) implements Content {}

  // ---- views

  record View(
      Location at, Name name, Name vm, Expression index, boolean exactly, List<ViewItem> items)
      implements Statement {}

  sealed interface ViewItem extends Tree {}

  /** A mapping, by its first word. */
  record Mapping(Location at, Subject subject, List<Attribute> attributes) implements ViewItem {}

  /** What is mapped. */
  sealed interface Subject extends Tree {}

  record CodeSubject(Location at, CodeKind kind, Name reference) implements Subject {}

  enum CodeKind {
    TRAMPOLINE,
    CODE,
    CONSTANT
  }

  record PrivateSubject(Location at, Name name) implements Subject {}

  record PagingSubject(Location at, Name name) implements Subject {}

  record WindowSubject(Location at, Member member, Optional<Slice> slice) implements Subject {}

  record FramesSubject(Location at, Frames frames) implements Subject {}

  record Unmap(Location at, Expression gpa, Expression size) implements ViewItem {}

  record Eptp(Location at, List<EptpField> fields) implements ViewItem {}

  record SuppressVeAbsent(Location at, boolean on) implements ViewItem {}

  record LinearBase(Location at, Expression value) implements ViewItem {}

  record NotClaimed(Location at, Text reason) implements ViewItem {}

  // ---- attributes of a mapping

  sealed interface Attribute extends Tree {}

  record AtGpa(Location at, Expression value) implements Attribute {}

  record AtLa(Location at, Expression value) implements Attribute {}

  record SizeIs(Location at, Expression value) implements Attribute {}

  record Named(Location at, Name name) implements Attribute {}

  record RoleIs(Location at, Name role) implements Attribute {}

  record PagesAre(Location at, Expression size) implements Attribute {}

  record PerVcpu(Location at) implements Attribute {}

  record FramesFrom(Location at, Frames frames) implements Attribute {}

  record MemoryTypeIs(Location at, Name type) implements Attribute {}

  record PatIs(Location at, Name word) implements Attribute {}

  record Discloses(Location at, Name what) implements Attribute {}

  record LeafBitIs(Location at, Name bit, boolean on) implements Attribute {}

  record ImageIs(Location at, Name reference, List<Content> content) implements Attribute {}

  record Permission(Location at, String letters) implements Attribute {}

  // ---- EPTP fields and the raw list

  sealed interface EptpField extends Tree {}

  record EptpMemoryType(Location at, Name type) implements EptpField {}

  record WalkLength(Location at, Expression levels) implements EptpField {}

  record AccessedDirty(Location at, boolean on) implements EptpField {}

  record ShadowStack(Location at, boolean on) implements EptpField {}

  record Root(Location at, Expression host) implements EptpField {}

  record EptpList(Location at, Name vm, List<Slot> slots) implements Statement {}

  record Slot(Location at, Expression index, SlotValue value) implements Tree {}

  sealed interface SlotValue extends Tree {}

  record RawSlot(Location at, Expression bits) implements SlotValue {}

  record RootSlot(Location at, Name view, List<EptpField> fields) implements SlotValue {}

  // ---- gates and waivers

  record Gate(Location at, Name name, Name from, Name to, List<GateItem> items)
      implements Statement {}

  sealed interface GateItem extends Tree {}

  record Enter(Location at, Place enter, Place lands, Place calls) implements GateItem {}

  record Leave(Location at, Place leave, Place lands, Optional<Name> returnsThrough)
      implements GateItem {}

  record Registers(Location at, RegisterUse use, List<Name> registers) implements GateItem {}

  enum RegisterUse {
    ARGUMENTS,
    RESULTS,
    PRESERVES
  }

  record PrivilegeLevel(Location at, Expression value) implements GateItem {}

  record AtMost(Location at, Expression instructions) implements GateItem {}

  record LoopInvariant(Location at, Place head, List<Comparison> holds) implements GateItem {}

  /** {@code sign} is one of {@code < <= = >= >}. */
  record Comparison(Location at, Sum left, String sign, Sum right) implements Tree {}

  record Sum(Location at, List<Addend> addends) implements Tree {}

  record Addend(Location at, boolean minus, Optional<Expression> times, Quantity quantity)
      implements Tree {}

  sealed interface Quantity extends Tree {}

  /** A constant, or the name of a register. */
  record Amount(Location at, Expression value) implements Quantity {}

  record StackSlot(Location at, Name base, Optional<Expression> offset, Optional<Expression> size)
      implements Quantity {}

  /** A linear address. */
  sealed interface Place extends Tree {}

  /** {@code unit:symbol}, where its section stands in the gate's protected view. */
  record SymbolPlace(Location at, String reference) implements Place {}

  record AddressPlace(Location at, Expression address) implements Place {}

  record Waiver(Location at, Name rule, Text reason) implements Statement {}
}
