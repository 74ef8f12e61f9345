package dev.postern.dsl.syntax;

import dev.postern.dsl.syntax.PosternParser.AtGpaContext;
import dev.postern.dsl.syntax.PosternParser.AtLaContext;
import dev.postern.dsl.syntax.PosternParser.AttributeContext;
import dev.postern.dsl.syntax.PosternParser.CodeReferenceContext;
import dev.postern.dsl.syntax.PosternParser.ContentContext;
import dev.postern.dsl.syntax.PosternParser.DisclosesContext;
import dev.postern.dsl.syntax.PosternParser.ExpressionContext;
import dev.postern.dsl.syntax.PosternParser.FactorContext;
import dev.postern.dsl.syntax.PosternParser.FramesContext;
import dev.postern.dsl.syntax.PosternParser.FramesFromContext;
import dev.postern.dsl.syntax.PosternParser.ImageIsContext;
import dev.postern.dsl.syntax.PosternParser.LeafBitIsContext;
import dev.postern.dsl.syntax.PosternParser.MapCodeContext;
import dev.postern.dsl.syntax.PosternParser.MapConstantContext;
import dev.postern.dsl.syntax.PosternParser.MapFramesContext;
import dev.postern.dsl.syntax.PosternParser.MapPagingContext;
import dev.postern.dsl.syntax.PosternParser.MapPrivateContext;
import dev.postern.dsl.syntax.PosternParser.MapTrampolineContext;
import dev.postern.dsl.syntax.PosternParser.MapWindowContext;
import dev.postern.dsl.syntax.PosternParser.MappingContext;
import dev.postern.dsl.syntax.PosternParser.MemoryTypeContext;
import dev.postern.dsl.syntax.PosternParser.NameContext;
import dev.postern.dsl.syntax.PosternParser.NamedContext;
import dev.postern.dsl.syntax.PosternParser.PagesAreContext;
import dev.postern.dsl.syntax.PosternParser.PatContext;
import dev.postern.dsl.syntax.PosternParser.PerVcpuContext;
import dev.postern.dsl.syntax.PosternParser.PermissionContext;
import dev.postern.dsl.syntax.PosternParser.RoleIsContext;
import dev.postern.dsl.syntax.PosternParser.SizeIsContext;
import dev.postern.dsl.syntax.PosternParser.SliceContext;
import dev.postern.dsl.syntax.PosternParser.TermContext;
import dev.postern.dsl.syntax.PosternParser.ToggleContext;
import dev.postern.dsl.syntax.PosternParser.WordsContext;
import dev.postern.model.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.TerminalNode;

/** The parts statements are made of: names, numbers, frames, code and mappings. */
final class MappingBuilder {

  private final Literals literals;

  MappingBuilder(Literals literals) {
    this.literals = literals;
  }

  Location at(ParserRuleContext context) {
    return literals.at(context.getStart());
  }

  Tree.Name name(NameContext context) {
    return new Tree.Name(at(context), context.getText());
  }

  Tree.Name word(TerminalNode node) {
    return word(node.getSymbol());
  }

  Tree.Name word(Token token) {
    return new Tree.Name(literals.at(token), token.getText());
  }

  List<Tree.Name> words(WordsContext context) {
    return context.WORD().stream().map(this::word).toList();
  }

  Tree.Text text(TerminalNode node) {
    return literals.text(node.getSymbol());
  }

  static boolean on(ToggleContext context) {
    return context.getText().equals("on");
  }

  /** Whether {@code context} has {@code keyword} as a direct child. */
  static boolean says(ParserRuleContext context, String keyword) {
    return context.children.stream()
        .anyMatch(child -> child instanceof TerminalNode && child.getText().equals(keyword));
  }

  // ---- expressions

  Tree.Expression expression(ExpressionContext context) {
    List<Tree.Expression> terms = context.term().stream().map(this::term).toList();
    return chain(context, terms);
  }

  private Tree.Expression term(TermContext context) {
    List<Tree.Expression> factors = context.factor().stream().map(this::factor).toList();
    return chain(context, factors);
  }

  Tree.Expression factor(FactorContext context) {
    if (context.NUMBER() != null) {
      return literals.number(context.NUMBER().getSymbol());
    }
    if (context.WORD() != null) {
      return new Tree.Use(at(context), context.WORD().getText());
    }
    return expression(context.expression());
  }

  private Tree.Expression chain(ParserRuleContext context, List<Tree.Expression> operands) {
    if (operands.size() == 1) {
      return operands.getFirst();
    }
    List<Tree.Step> steps = new ArrayList<>(operands.size() - 1);
    for (int i = 1; i < operands.size(); i++) {
      Token sign = ((TerminalNode) context.getChild(2 * i - 1)).getSymbol();
      Tree.Operator operator =
          switch (sign.getText()) {
            case "+" -> Tree.Operator.PLUS;
            case "-" -> Tree.Operator.MINUS;
            case "*" -> Tree.Operator.TIMES;
            default -> Tree.Operator.DIVIDED_BY;
          };
      steps.add(new Tree.Step(literals.at(sign), operator, operands.get(i)));
    }
    return new Tree.Chain(at(context), operands.getFirst(), steps);
  }

  // ---- frames

  Tree.Frames frames(FramesContext context) {
    if (context.expression() != null) {
      return new Tree.HostFrames(at(context), expression(context.expression()), Optional.empty());
    }
    if (context.MEMBER() == null) {
      Tree.Slice slice = slice(context.slice());
      return new Tree.HostFrames(at(context), slice.offset(), slice.size());
    }
    return new Tree.MemberFrames(
        at(context),
        member(context.MEMBER()),
        says(context, "loader"),
        Optional.ofNullable(context.slice()).map(this::slice));
  }

  private Tree.Member member(TerminalNode node) {
    String text = node.getText();
    int dot = text.indexOf('.');
    return new Tree.Member(
        literals.at(node.getSymbol()), text.substring(0, dot), text.substring(dot + 1));
  }

  private Tree.Slice slice(SliceContext context) {
    return new Tree.Slice(
        at(context),
        expression(context.expression(0)),
        Optional.ofNullable(context.expression(1)).map(this::expression));
  }

  // ---- code

  Tree.Content content(ContentContext context) {
    Location at = at(context);
    if (context.ASM() != null) {
      return assembly(context.ASM().getSymbol());
    }
    return switch (context.getStart().getText()) {
      case "bytes" -> new Tree.HexBytes(at, context.STRING().stream().map(this::text).toList());
      case "hex" -> new Tree.HexFile(at, text(context.STRING(0)));
      case "binary" -> new Tree.BinaryFile(at, text(context.STRING(0)));
      case "pad" -> new Tree.Pad(at, expression(context.expression()));
      default ->
          new Tree.Symbol(
              at,
              context.name() != null ? context.name().getText() : text(context.STRING(0)).value(),
              Optional.ofNullable(context.expression()).map(this::expression));
    };
  }

  /** The text between the braces, located at its first character. */
  private Tree.Assembly assembly(Token token) {
    String text = token.getText();
    int open = text.indexOf('{') + 1;
    Location start = literals.at(token);
    int line = start.line();
    int column = start.column();
    for (int i = 0; i < open; i++) {
      boolean newline = text.charAt(i) == '\n';
      line += newline ? 1 : 0;
      column = newline ? 1 : column + 1;
    }
    return new Tree.Assembly(
        new Location(start.file(), line, column), text.substring(open, text.length() - 1));
  }

  // ---- mappings

  Tree.Mapping mapping(MappingContext context) {
    return switch (context) {
      case MapTrampolineContext c ->
          mapping(c, code(c, Tree.CodeKind.TRAMPOLINE, c.codeReference()), c.attribute());
      case MapCodeContext c ->
          mapping(c, code(c, Tree.CodeKind.CODE, c.codeReference()), c.attribute());
      case MapConstantContext c ->
          mapping(c, code(c, Tree.CodeKind.CONSTANT, c.codeReference()), c.attribute());
      case MapPrivateContext c ->
          mapping(c, new Tree.PrivateSubject(at(c), name(c.name())), c.attribute());
      case MapPagingContext c ->
          mapping(c, new Tree.PagingSubject(at(c), name(c.name())), c.attribute());
      case MapWindowContext c ->
          mapping(
              c,
              new Tree.WindowSubject(
                  at(c), member(c.MEMBER()), Optional.ofNullable(c.slice()).map(this::slice)),
              c.attribute());
      case MapFramesContext c ->
          mapping(c, new Tree.FramesSubject(at(c), frames(c.frames())), c.attribute());
      default -> throw new AssertionError(context.getClass());
    };
  }

  private Tree.Mapping mapping(
      MappingContext context, Tree.Subject subject, List<AttributeContext> attributes) {
    return new Tree.Mapping(at(context), subject, attributes(attributes));
  }

  private Tree.CodeSubject code(
      MappingContext context, Tree.CodeKind kind, CodeReferenceContext reference) {
    return new Tree.CodeSubject(
        at(context), kind, new Tree.Name(at(reference), reference.getText()));
  }

  List<Tree.Attribute> attributes(List<AttributeContext> contexts) {
    return contexts.stream().map(this::attribute).toList();
  }

  private Tree.Attribute attribute(AttributeContext context) {
    Location at = at(context);
    return switch (context) {
      case AtGpaContext c -> new Tree.AtGpa(at, expression(c.expression()));
      case AtLaContext c -> new Tree.AtLa(at, expression(c.expression()));
      case SizeIsContext c -> new Tree.SizeIs(at, expression(c.expression()));
      case NamedContext c -> new Tree.Named(at, name(c.name()));
      case RoleIsContext c -> new Tree.RoleIs(at, name(c.name()));
      case PagesAreContext c -> new Tree.PagesAre(at, expression(c.expression()));
      case PerVcpuContext _ -> new Tree.PerVcpu(at);
      case FramesFromContext c -> new Tree.FramesFrom(at, frames(c.frames()));
      case MemoryTypeContext c -> new Tree.MemoryTypeIs(at, word(c.WORD()));
      case PatContext c -> new Tree.PatIs(at, word(c.WORD()));
      case DisclosesContext c -> new Tree.Discloses(at, word(c.WORD()));
      case LeafBitIsContext c ->
          new Tree.LeafBitIs(at, word(c.leafBit().getStart()), on(c.toggle()));
      case ImageIsContext c ->
          new Tree.ImageIs(
              at, word(c.REFERENCE()), c.content().stream().map(this::content).toList());
      case PermissionContext c -> new Tree.Permission(at, c.WORD().getText());
      default -> throw new AssertionError(context.getClass());
    };
  }
}
