package dev.postern.dsl.syntax;

import dev.postern.dsl.Limits;
import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.model.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ListTokenSource;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.atn.PredictionMode;
import org.antlr.v4.runtime.misc.ParseCancellationException;

/** Parses one policy file. */
public final class PolicyParser {

  private final String file;
  private final Diagnostics diagnostics;
  private boolean strayed;

  private PolicyParser(String file, Diagnostics diagnostics) {
    this.file = file;
    this.diagnostics = diagnostics;
  }

  /**
   * The tree of {@code text}, or nothing and at least one diagnostic.
   *
   * @param file how locations name it
   */
  public static Optional<Tree.File> parse(String file, String text, Diagnostics diagnostics) {
    return new PolicyParser(file, diagnostics).parse(text);
  }

  private Optional<Tree.File> parse(String text) {
    Optional<List<Token>> tokens = tokens(text);
    if (tokens.isEmpty()) {
      return Optional.empty();
    }
    int before = diagnostics.size();
    PosternParser.PolicyContext context = context(tokens.get());
    if (diagnostics.size() > before) {
      return Optional.empty();
    }
    Tree.File tree = new TreeBuilder(file, diagnostics).file(context);
    return diagnostics.size() == before && !strayed ? Optional.of(tree) : Optional.empty();
  }

  /** Tokens the parser can work with; nothing where going on would only confuse. */
  private Optional<List<Token>> tokens(String text) {
    PosternLexer lexer = new PosternLexer(CharStreams.fromString(text));
    lexer.removeErrorListeners();
    List<Token> tokens = new ArrayList<>();
    int depth = 0;
    int strayEnd = -1;
    boolean unclosed = false;
    while (true) {
      Token token = lexer.nextToken();
      switch (token.getType()) {
        case PosternLexer.STRAY -> {
          strayed = true;
          if (token.getStartIndex() != strayEnd) {
            diagnostics.error(
                Code.STRAY_CHARACTER, at(token), quoted(token) + " means nothing in a policy");
          }
          strayEnd = token.getStopIndex() + 1;
          continue;
        }
        case PosternLexer.UNCLOSED_STRING -> {
          unclosed = true;
          diagnostics.error(
              Code.UNCLOSED,
              at(token),
              "string without an end",
              "a string ends on its line with '\"'; write '\\\"' for a quote in it");
        }
        case PosternLexer.UNCLOSED_COMMENT -> {
          unclosed = true;
          diagnostics.error(Code.UNCLOSED, at(token), "comment without an end", "end it with '*/'");
        }
        case PosternLexer.ASM -> {
          if (!token.getText().endsWith("}")) {
            unclosed = true;
            diagnostics.error(
                Code.UNCLOSED, at(token), "asm block without an end", "end it with '}'");
          }
        }
        default -> {
          String word = token.getText();
          if (word.equals("{") || word.equals("(") || word.equals("[")) {
            depth++;
          } else if (word.equals("}") || word.equals(")") || word.equals("]")) {
            depth--;
          }
        }
      }
      if (depth > Limits.NESTING) {
        diagnostics.error(
            Code.NESTING_TOO_DEEP,
            at(token),
            "brackets nest deeper than " + Limits.NESTING + " levels (limit NESTING)");
        return Optional.empty();
      }
      tokens.add(token);
      if (tokens.size() > Limits.TOKENS) {
        diagnostics.error(
            Code.TOO_MANY_TOKENS,
            at(token),
            "more than " + Limits.TOKENS + " words in one file (limit TOKENS)",
            "split the policy into files and include them");
        return Optional.empty();
      }
      if (token.getType() == Token.EOF) {
        return unclosed ? Optional.empty() : Optional.of(tokens);
      }
    }
  }

  /** Fast prediction first; where it fails, once more with full context and messages. */
  private PosternParser.PolicyContext context(List<Token> tokens) {
    PosternParser parser = new PosternParser(new CommonTokenStream(new ListTokenSource(tokens)));
    parser.removeErrorListeners();
    parser.getInterpreter().setPredictionMode(PredictionMode.SLL);
    parser.setErrorHandler(new BailErrorStrategy());
    try {
      return parser.policy();
    } catch (ParseCancellationException e) {
      parser.reset();
      parser.getInterpreter().setPredictionMode(PredictionMode.LL);
      parser.setErrorHandler(new SyntaxErrors(file, diagnostics));
      return parser.policy();
    }
  }

  private Location at(Token token) {
    return location(file, token);
  }

  static Location location(String file, Token token) {
    return new Location(file, token.getLine(), token.getCharPositionInLine() + 1);
  }

  private static String quoted(Token token) {
    int character = token.getText().codePointAt(0);
    return Character.isISOControl(character) || !Character.isDefined(character)
        ? "character U+%04X".formatted(character)
        : "'" + token.getText() + "'";
  }
}
