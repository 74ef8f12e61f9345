package dev.postern.dsl.syntax;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.dsl.syntax.PosternParser.AddendContext;
import dev.postern.dsl.syntax.PosternParser.ApprovalContext;
import dev.postern.dsl.syntax.PosternParser.CodeSourceContext;
import dev.postern.dsl.syntax.PosternParser.ComparisonContext;
import dev.postern.dsl.syntax.PosternParser.ControlWordContext;
import dev.postern.dsl.syntax.PosternParser.CpuEptContext;
import dev.postern.dsl.syntax.PosternParser.CpuItemContext;
import dev.postern.dsl.syntax.PosternParser.CpuL1tfContext;
import dev.postern.dsl.syntax.PosternParser.CpuWidthContext;
import dev.postern.dsl.syntax.PosternParser.CpuWithContext;
import dev.postern.dsl.syntax.PosternParser.CpuWithoutContext;
import dev.postern.dsl.syntax.PosternParser.DomainContext;
import dev.postern.dsl.syntax.PosternParser.DoorbellContext;
import dev.postern.dsl.syntax.PosternParser.EptCapabilityContext;
import dev.postern.dsl.syntax.PosternParser.EptpFieldContext;
import dev.postern.dsl.syntax.PosternParser.ExpressionContext;
import dev.postern.dsl.syntax.PosternParser.FactorContext;
import dev.postern.dsl.syntax.PosternParser.GateArgumentsContext;
import dev.postern.dsl.syntax.PosternParser.GateBoundContext;
import dev.postern.dsl.syntax.PosternParser.GateContext;
import dev.postern.dsl.syntax.PosternParser.GateEnterContext;
import dev.postern.dsl.syntax.PosternParser.GateInvariantContext;
import dev.postern.dsl.syntax.PosternParser.GateItemContext;
import dev.postern.dsl.syntax.PosternParser.GateLeaveContext;
import dev.postern.dsl.syntax.PosternParser.GatePreservesContext;
import dev.postern.dsl.syntax.PosternParser.GatePrivilegeContext;
import dev.postern.dsl.syntax.PosternParser.GateResultsContext;
import dev.postern.dsl.syntax.PosternParser.LockAttributeContext;
import dev.postern.dsl.syntax.PosternParser.MemoryAttributeContext;
import dev.postern.dsl.syntax.PosternParser.PlaceContext;
import dev.postern.dsl.syntax.PosternParser.PolicyContext;
import dev.postern.dsl.syntax.PosternParser.ReachContext;
import dev.postern.dsl.syntax.PosternParser.SlotContext;
import dev.postern.dsl.syntax.PosternParser.StackSlotContext;
import dev.postern.dsl.syntax.PosternParser.StatementContext;
import dev.postern.dsl.syntax.PosternParser.SumContext;
import dev.postern.dsl.syntax.PosternParser.ViewContext;
import dev.postern.dsl.syntax.PosternParser.ViewItemContext;
import dev.postern.dsl.syntax.PosternParser.VmAliasContext;
import dev.postern.dsl.syntax.PosternParser.VmApproveContext;
import dev.postern.dsl.syntax.PosternParser.VmContext;
import dev.postern.dsl.syntax.PosternParser.VmControlsContext;
import dev.postern.dsl.syntax.PosternParser.VmItemContext;
import dev.postern.dsl.syntax.PosternParser.VmLockContext;
import dev.postern.dsl.syntax.PosternParser.VmMemoryContext;
import dev.postern.dsl.syntax.PosternParser.VmVcpusContext;
import dev.postern.model.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;

/** From ANTLR's parse tree, free of syntax errors, to ours: the statements. */
final class TreeBuilder {

  private final String file;
  private final Diagnostics diagnostics;
  private final Literals literals;
  private final MappingBuilder parts;

  TreeBuilder(String file, Diagnostics diagnostics) {
    this.file = file;
    this.diagnostics = diagnostics;
    this.literals = new Literals(file, diagnostics);
    this.parts = new MappingBuilder(literals);
  }

  Tree.File file(PolicyContext context) {
    List<Tree.Statement> statements = new ArrayList<>();
    for (StatementContext statement : context.statement()) {
      statement(statement).ifPresent(statements::add);
    }
    Optional<Tree.Header> header =
        Optional.ofNullable(context.header())
            .map(h ->
                new Tree.Header(at(h), parts.name(h.name()), parts.expression(h.expression())));
    return new Tree.File(new Location(file, 1, 1), header, statements);
  }

  private Location at(ParserRuleContext context) {
    return parts.at(context);
  }

  private Tree.Expression expression(ExpressionContext context) {
    return parts.expression(context);
  }

  private Optional<Tree.Statement> statement(StatementContext s) {
    Location at = at(s);
    if (s.include() != null) {
      return Optional.of(new Tree.Include(at, parts.text(s.include().STRING())));
    }
    if (s.constant() != null) {
      return Optional.of(
          new Tree.Constant(
              at, parts.word(s.constant().WORD()), expression(s.constant().expression())));
    }
    if (s.cpu() != null) {
      return Optional.of(new Tree.Cpu(at, all(s.cpu().cpuItem(), this::cpuItem)));
    }
    if (s.vm() != null) {
      return Optional.of(vm(s.vm()));
    }
    if (s.domain() != null) {
      return Optional.of(domain(s.domain()));
    }
    if (s.controlRegion() != null) {
      return Optional.of(
          new Tree.ControlRegion(
              at,
              parts.name(s.controlRegion().name()),
              parts.frames(s.controlRegion().frames()),
              Optional.ofNullable(s.controlRegion().expression()).map(this::expression)));
    }
    if (s.code() != null) {
      return Optional.of(
          new Tree.Code(at, parts.name(s.code().name()), source(s.code().codeSource())));
    }
    if (s.view() != null) {
      return Optional.of(view(s.view()));
    }
    if (s.eptpList() != null) {
      return Optional.of(
          new Tree.EptpList(
              at,
              parts.name(s.eptpList().name()),
              s.eptpList().slot().stream().map(this::slot).toList()));
    }
    if (s.gate() != null) {
      return Optional.of(gate(s.gate()));
    }
    if (s.waiver() != null) {
      return Optional.of(
          new Tree.Waiver(at, parts.name(s.waiver().name()), parts.text(s.waiver().STRING())));
    }
    return Optional.empty();
  }

  /** The trees of {@code contexts}, separators left out. */
  private static <C, T> List<T> all(
      List<C> contexts, java.util.function.Function<C, Optional<T>> build) {
    List<T> out = new ArrayList<>(contexts.size());
    for (C context : contexts) {
      build.apply(context).ifPresent(out::add);
    }
    return out;
  }

  // ---- cpu

  private Optional<Tree.CpuItem> cpuItem(CpuItemContext context) {
    Location at = at(context);
    return switch (context) {
      case CpuWidthContext c -> Optional.of(new Tree.CpuWidth(at, expression(c.expression())));
      case CpuEptContext c -> Optional.of(ept(c));
      case CpuWithContext c -> Optional.of(new Tree.CpuFeatures(at, true, parts.words(c.words())));
      case CpuWithoutContext c ->
          Optional.of(new Tree.CpuFeatures(at, false, parts.words(c.words())));
      case CpuL1tfContext c -> Optional.of(new Tree.CpuL1tf(at, parts.word(c.WORD())));
      default -> Optional.empty();
    };
  }

  private Tree.CpuEpt ept(CpuEptContext context) {
    List<Tree.Name> capabilities = new ArrayList<>();
    List<Tree.Numeral> sizes = new ArrayList<>();
    for (EptCapabilityContext capability : context.eptCapability()) {
      if (capability.name() != null) {
        capabilities.add(parts.name(capability.name()));
      }
      capability.NUMBER().forEach(number -> sizes.add(literals.number(number.getSymbol())));
    }
    return new Tree.CpuEpt(at(context), capabilities, sizes);
  }

  // ---- virtual machines

  private Tree.Vm vm(VmContext context) {
    return new Tree.Vm(
        at(context),
        parts.name(context.name()),
        context.vmRole().stream().anyMatch(role -> role.getText().equals("source")),
        context.vmRole().stream().anyMatch(role -> role.getText().equals("destination")),
        all(context.vmItem(), this::vmItem));
  }

  private Optional<Tree.VmItem> vmItem(VmItemContext context) {
    Location at = at(context);
    return switch (context) {
      case VmVcpusContext c -> Optional.of(new Tree.Vcpus(at, expression(c.expression())));
      case VmMemoryContext c -> Optional.of(memory(c));
      case VmLockContext c -> Optional.of(lock(c));
      case VmControlsContext c -> Optional.of(new Tree.Controls(at, settings(c.controlWord())));
      case VmApproveContext c ->
          Optional.of(
              new Tree.Approve(
                  at, parts.name(c.name()), c.approval().stream().map(this::approval).toList()));
      case VmAliasContext c ->
          Optional.of(
              new Tree.Alias(
                  at,
                  parts.frames(c.frames()),
                  expression(c.expression()),
                  parts.attributes(c.attribute())));
      default -> Optional.empty();
    };
  }

  /** Reports {@code context} if {@code seen} already. */
  private boolean once(boolean seen, ParserRuleContext context, String what) {
    if (seen) {
      diagnostics.error(Code.DUPLICATE_CLAUSE, at(context), "'" + what + "' is said twice");
    }
    return true;
  }

  private Tree.Memory memory(VmMemoryContext context) {
    Optional<Tree.Expression> pages = Optional.empty();
    Optional<Tree.Expression> host = Optional.empty();
    boolean special = false;
    boolean dirtyLogged = false;
    for (MemoryAttributeContext attribute : context.memoryAttribute()) {
      switch (attribute.getStart().getText()) {
        case "pages" -> {
          once(pages.isPresent(), attribute, "pages");
          pages = Optional.of(expression(attribute.expression()));
        }
        case "host" -> {
          once(host.isPresent(), attribute, "host");
          host = Optional.of(expression(attribute.expression()));
        }
        case "special" -> special = once(special, attribute, "special");
        default -> dirtyLogged = once(dirtyLogged, attribute, "dirty-logged");
      }
    }
    return new Tree.Memory(
        at(context),
        parts.name(context.name()),
        expression(context.expression(0)),
        expression(context.expression(1)),
        pages,
        host,
        special,
        dirtyLogged);
  }

  private Tree.Lock lock(VmLockContext context) {
    Optional<Tree.LockRange> range = Optional.empty();
    Optional<Tree.Expression> base = Optional.empty();
    for (LockAttributeContext attribute : context.lockAttribute()) {
      if (attribute.getStart().getText().equals("range")) {
        once(range.isPresent(), attribute, "range");
        range =
            Optional.of(
                new Tree.LockRange(
                    at(attribute),
                    expression(attribute.expression(0)),
                    expression(attribute.expression(1))));
      } else {
        once(base.isPresent(), attribute, "linear-base");
        base = Optional.of(expression(attribute.expression(0)));
      }
    }
    return new Tree.Lock(at(context), parts.words(context.words()), range, base);
  }

  /** A line, or what a {@code ;} ends, is one setting. */
  private List<Tree.Setting> settings(List<ControlWordContext> contexts) {
    List<Tree.Setting> settings = new ArrayList<>();
    List<Tree.Name> words = new ArrayList<>();
    for (ControlWordContext context : contexts) {
      Token token = context.getStart();
      boolean separator = token.getText().equals(";");
      if (!words.isEmpty() && (separator || words.getLast().at().line() != token.getLine())) {
        settings.add(new Tree.Setting(words.getFirst().at(), List.copyOf(words)));
        words.clear();
      }
      if (!separator) {
        words.add(parts.word(token));
      }
    }
    if (!words.isEmpty()) {
      settings.add(new Tree.Setting(words.getFirst().at(), List.copyOf(words)));
    }
    return settings;
  }

  private Tree.Approval approval(ApprovalContext context) {
    List<Tree.Name> permissions = new ArrayList<>();
    Optional<Tree.Expression> pages = Optional.empty();
    List<Tree.Name> shared = new ArrayList<>();
    Optional<Tree.Doorbell> doorbell = Optional.empty();
    for (var attribute : context.approvalAttribute()) {
      if (attribute.WORD() != null) {
        permissions.add(parts.word(attribute.WORD()));
      } else if (attribute.expression() != null) {
        once(pages.isPresent(), attribute, "pages");
        pages = Optional.of(expression(attribute.expression()));
      } else if (attribute.doorbell() != null) {
        once(doorbell.isPresent(), attribute, "doorbell");
        doorbell = Optional.of(doorbell(attribute.doorbell()));
      } else {
        attribute.name().forEach(name -> shared.add(parts.name(name)));
      }
    }
    return new Tree.Approval(
        at(context),
        parts.name(context.name()),
        expression(context.expression(0)),
        expression(context.expression(1)),
        permissions,
        pages,
        shared,
        doorbell);
  }

  private Tree.Doorbell doorbell(DoorbellContext context) {
    return new Tree.Doorbell(
        at(context),
        parts.word(context.WORD(0)),
        context.WORD().stream().skip(1).map(parts::word).toList());
  }

  private Tree.Domain domain(DomainContext context) {
    List<Tree.Reach> maps = new ArrayList<>();
    List<Tree.Reach> except = new ArrayList<>();
    List<Tree.Reach> current = maps;
    for (var child : context.children) {
      if (child instanceof ReachContext reach) {
        current.add(
            reach.frames() == null
                ? new Tree.Trampolines(at(reach))
                : parts.frames(reach.frames()));
      } else if (child.getText().equals("except")
          && !(child instanceof PosternParser.NameContext)) {
        current = except;
      }
    }
    return new Tree.Domain(at(context), parts.name(context.name()), maps, except);
  }

  // ---- code

  private Tree.Source source(CodeSourceContext context) {
    Location at = at(context);
    if (context.STRING() != null) {
      return new Tree.Elf(at, parts.text(context.STRING()));
    }
    if (!context.content().isEmpty()) {
      Tree.Name text = new Tree.Name(at, ".text");
      List<Tree.Content> content = context.content().stream().map(parts::content).toList();
      return new Tree.Written(at, List.of(new Tree.Section(at, text, content)));
    }
    return new Tree.Written(
        at,
        context.section().stream()
            .map(s ->
                new Tree.Section(
                    at(s),
                    parts.word(s.SECTION()),
                    s.content().stream().map(parts::content).toList()))
            .toList());
  }

  // ---- views

  private Tree.View view(ViewContext context) {
    return new Tree.View(
        at(context),
        parts.name(context.name(0)),
        parts.name(context.name(1)),
        expression(context.expression()),
        MappingBuilder.says(context, "exactly"),
        all(context.viewItem(), this::viewItem));
  }

  private Optional<Tree.ViewItem> viewItem(ViewItemContext context) {
    Location at = at(context);
    if (context.mapping() != null) {
      return Optional.of(parts.mapping(context.mapping()));
    }
    if (context.unmap() != null) {
      return Optional.of(
          new Tree.Unmap(
              at,
              expression(context.unmap().expression(0)),
              expression(context.unmap().expression(1))));
    }
    return switch (context.getStart().getText()) {
      case "eptp" -> Optional.of(new Tree.Eptp(at, eptpFields(context.eptpField())));
      case "suppress-ve-absent" ->
          Optional.of(new Tree.SuppressVeAbsent(at, MappingBuilder.on(context.toggle())));
      case "linear-base" -> Optional.of(new Tree.LinearBase(at, expression(context.expression())));
      case "mediation" -> Optional.of(new Tree.NotClaimed(at, parts.text(context.STRING())));
      default -> Optional.empty();
    };
  }

  private List<Tree.EptpField> eptpFields(List<EptpFieldContext> contexts) {
    return contexts.stream().map(this::eptpField).toList();
  }

  private Tree.EptpField eptpField(EptpFieldContext context) {
    Location at = at(context);
    return switch (context.getStart().getText()) {
      case "memory-type" -> new Tree.EptpMemoryType(at, parts.word(context.WORD()));
      case "walk-length" -> new Tree.WalkLength(at, expression(context.expression()));
      case "accessed-dirty" -> new Tree.AccessedDirty(at, MappingBuilder.on(context.toggle()));
      case "shadow-stack" -> new Tree.ShadowStack(at, MappingBuilder.on(context.toggle()));
      default -> new Tree.Root(at, expression(context.expression()));
    };
  }

  private Tree.Slot slot(SlotContext context) {
    var value = context.slotValue();
    return new Tree.Slot(
        at(context),
        expression(context.expression()),
        value.expression() != null
            ? new Tree.RawSlot(at(value), expression(value.expression()))
            : new Tree.RootSlot(
                at(value), parts.name(value.name()), eptpFields(value.eptpField())));
  }

  // ---- gates

  private Tree.Gate gate(GateContext context) {
    return new Tree.Gate(
        at(context),
        parts.name(context.name(0)),
        parts.name(context.name(1)),
        parts.name(context.name(2)),
        all(context.gateItem(), this::gateItem));
  }

  private Optional<Tree.GateItem> gateItem(GateItemContext context) {
    Location at = at(context);
    return switch (context) {
      case GateEnterContext c ->
          Optional.of(new Tree.Enter(at, place(c.place(0)), place(c.place(1)), place(c.place(2))));
      case GateLeaveContext c ->
          Optional.of(
              new Tree.Leave(
                  at,
                  place(c.place(0)),
                  place(c.place(1)),
                  Optional.ofNullable(c.name()).map(parts::name)));
      case GateArgumentsContext c ->
          Optional.of(registers(at, Tree.RegisterUse.ARGUMENTS, c.words()));
      case GateResultsContext c -> Optional.of(registers(at, Tree.RegisterUse.RESULTS, c.words()));
      case GatePreservesContext c ->
          Optional.of(registers(at, Tree.RegisterUse.PRESERVES, c.words()));
      case GatePrivilegeContext c ->
          Optional.of(new Tree.PrivilegeLevel(at, expression(c.expression())));
      case GateBoundContext c -> Optional.of(new Tree.AtMost(at, expression(c.expression())));
      case GateInvariantContext c ->
          Optional.of(
              new Tree.LoopInvariant(
                  at, place(c.place()), c.comparison().stream().map(this::comparison).toList()));
      default -> Optional.empty();
    };
  }

  private Tree.Registers registers(
      Location at, Tree.RegisterUse use, PosternParser.WordsContext words) {
    return new Tree.Registers(at, use, parts.words(words));
  }

  private Tree.Comparison comparison(ComparisonContext context) {
    return new Tree.Comparison(
        at(context), sum(context.sum(0)), context.getChild(1).getText(), sum(context.sum(1)));
  }

  private Tree.Sum sum(SumContext context) {
    List<Tree.Addend> addends = new ArrayList<>();
    for (int i = 0; i < context.addend().size(); i++) {
      boolean minus = i > 0 && context.getChild(2 * i - 1).getText().equals("-");
      addends.add(addend(context.addend(i), minus));
    }
    return new Tree.Sum(at(context), addends);
  }

  private Tree.Addend addend(AddendContext context, boolean minus) {
    List<FactorContext> factors = context.factor();
    boolean stack = context.stackSlot() != null;
    boolean times = factors.size() == (stack ? 1 : 2);
    return new Tree.Addend(
        at(context),
        minus,
        times ? Optional.of(parts.factor(factors.getFirst())) : Optional.empty(),
        stack
            ? stackSlot(context.stackSlot())
            : new Tree.Amount(at(factors.getLast()), parts.factor(factors.getLast())));
  }

  private Tree.StackSlot stackSlot(StackSlotContext context) {
    boolean sized = context.getChild(context.getChildCount() - 3).getText().equals("size");
    List<ExpressionContext> numbers = context.expression();
    return new Tree.StackSlot(
        at(context),
        parts.name(context.name()),
        numbers.size() > (sized ? 1 : 0)
            ? Optional.of(expression(numbers.getFirst()))
            : Optional.empty(),
        sized ? Optional.of(expression(numbers.getLast())) : Optional.empty());
  }

  private Tree.Place place(PlaceContext context) {
    return context.REFERENCE() != null
        ? new Tree.SymbolPlace(at(context), context.REFERENCE().getText())
        : new Tree.AddressPlace(at(context), expression(context.expression()));
  }
}
