package dev.postern.dsl.syntax;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.dsl.diagnostic.Spelling;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.antlr.v4.runtime.DefaultErrorStrategy;
import org.antlr.v4.runtime.InputMismatchException;
import org.antlr.v4.runtime.NoViableAltException;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.Vocabulary;
import org.antlr.v4.runtime.atn.ATNState;
import org.antlr.v4.runtime.misc.IntervalSet;

/** Says what was expected in words a policy's author uses. Recovery is ANTLR's own. */
final class SyntaxErrors extends DefaultErrorStrategy {

  private static final Pattern KEYWORD = Pattern.compile("[a-z][a-z0-9-]*");
  private static final Pattern PERMISSION = Pattern.compile("[rwx]+|none");

  /** More alternatives than this are shown as a hint, not in the message. */
  private static final int FEW = 4;

  private final String file;
  private final Diagnostics diagnostics;

  SyntaxErrors(String file, Diagnostics diagnostics) {
    this.file = file;
    this.diagnostics = diagnostics;
  }

  @Override
  protected void reportNoViableAlternative(Parser parser, NoViableAltException e) {
    complain(parser, e.getOffendingToken(), e.getStartToken());
  }

  @Override
  protected void reportInputMismatch(Parser parser, InputMismatchException e) {
    complain(parser, e.getOffendingToken(), e.getOffendingToken());
  }

  @Override
  protected void reportFailedPredicate(
      Parser parser, org.antlr.v4.runtime.FailedPredicateException e) {
    throw new AssertionError("the grammar has no predicates", e);
  }

  @Override
  protected void reportUnwantedToken(Parser parser) {
    if (!inErrorRecoveryMode(parser)) {
      beginErrorCondition(parser);
      complain(parser, parser.getCurrentToken(), parser.getCurrentToken());
    }
  }

  @Override
  protected void reportMissingToken(Parser parser) {
    reportUnwantedToken(parser);
  }

  /** A list whose first element is wrong goes on with the next, like one whose third is. */
  @Override
  public void sync(Parser parser) throws RecognitionException {
    ATNState state = parser.getInterpreter().atn.states.get(parser.getState());
    if (state.getStateType() == ATNState.STAR_LOOP_ENTRY && !inErrorRecoveryMode(parser)) {
      IntervalSet next = parser.getATN().nextTokens(state);
      int token = parser.getInputStream().LA(1);
      if (!next.contains(token) && !next.contains(Token.EPSILON)) {
        reportUnwantedToken(parser);
        consumeUntil(parser, parser.getExpectedTokens().or(getErrorRecoverySet(parser)));
        return;
      }
    }
    super.sync(parser);
  }

  /** Skips whole blocks: what is in a block nobody could start is not looked at. */
  @Override
  protected void consumeUntil(Parser parser, IntervalSet set) {
    int depth = 0;
    int token = parser.getInputStream().LA(1);
    while (token != Token.EOF && (depth > 0 || !set.contains(token))) {
      String text = parser.getCurrentToken().getText();
      if (text.equals("{")) {
        depth++;
      } else if (text.equals("}")) {
        depth = Math.max(0, depth - 1);
      }
      parser.consume();
      token = parser.getInputStream().LA(1);
    }
  }

  private void complain(Parser parser, Token found, Token decided) {
    Vocabulary vocabulary = parser.getVocabulary();
    if (found.getTokenIndex() != decided.getTokenIndex()) {
      diagnostics.add(
          Diagnostic.error(
                  Code.SYNTAX,
                  PolicyParser.location(file, found),
                  "unexpected " + shown(found) + " after " + shown(before(parser, found)))
              .also(PolicyParser.location(file, decided), "in what starts here"));
      return;
    }
    List<String> expected = expected(parser, vocabulary);
    Token previous = before(parser, found);
    Optional<String> meant = misspelt(previous, parser);
    if (meant.isPresent()) {
      diagnostics.error(
          Code.SYNTAX,
          PolicyParser.location(file, previous),
          "unknown word " + shown(previous),
          "did you mean '" + meant.get() + "'?");
      return;
    }
    String context = Phrases.of(ruleIndex(parser.getContext()));
    boolean few = expected.size() <= FEW;
    String what = few ? String.join(" or ", expected) : context;
    Optional<String> close =
        found.getType() == PosternParser.WORD
            ? Spelling.closest(found.getText(), keywords(expected))
            : Optional.empty();
    diagnostics.add(
        Diagnostic.error(
                Code.SYNTAX,
                PolicyParser.location(file, found),
                "expected " + what + ", found " + shown(found))
            .hint(
                close
                    .map(word -> "did you mean '" + word + "'?")
                    .or(() ->
                        few
                            ? Optional.empty()
                            : Optional.of("possible here: " + String.join(", ", expected)))));
  }

  /** The word before, where it was taken for a permission but is nearly a keyword. */
  private static Optional<String> misspelt(Token previous, Parser parser) {
    if (previous.getType() != PosternParser.WORD
        || !(parser.getContext() instanceof PosternParser.ViewContext
            || parser.getContext() instanceof PosternParser.VmContext
            || parser.getContext() instanceof PosternParser.VmItemContext
            || parser.getContext() instanceof PosternParser.MappingContext
            || parser.getContext() instanceof PosternParser.AttributeContext)
        || PERMISSION.matcher(previous.getText()).matches()) {
      return Optional.empty();
    }
    List<String> words = new ArrayList<>();
    Vocabulary vocabulary = parser.getVocabulary();
    for (int type = 1; type <= vocabulary.getMaxTokenType(); type++) {
      String literal = literal(vocabulary, type);
      if (KEYWORD.matcher(literal).matches()) {
        words.add(literal);
      }
    }
    return Spelling.closest(previous.getText(), words);
  }

  /** What may stand here, names and numbers summed up; keywords sorted. */
  private static List<String> expected(Parser parser, Vocabulary vocabulary) {
    IntervalSet set = parser.getExpectedTokens();
    List<String> words = new ArrayList<>();
    List<String> signs = new ArrayList<>();
    boolean name = false;
    boolean number = false;
    for (int type : set.toArray()) {
      switch (type) {
        case PosternParser.WORD -> name = true;
        case PosternParser.NUMBER -> number = true;
        case PosternParser.STRING -> signs.add("a string");
        case PosternParser.MEMBER -> signs.add("a member such as fw.ram");
        case PosternParser.REFERENCE -> signs.add("a reference such as unit:symbol");
        case PosternParser.SECTION -> signs.add("a section such as .text");
        case PosternParser.ASM -> words.add("asm");
        case Token.EOF -> signs.add("the end of the file");
        default -> {
          String literal = literal(vocabulary, type);
          (KEYWORD.matcher(literal).matches() ? words : signs)
              .add(KEYWORD.matcher(literal).matches() ? literal : "'" + literal + "'");
        }
      }
    }
    if (name && words.contains("policy") && words.contains("waive")) {
      words.clear();
      if (number && signs.remove("'('")) {
        signs.addFirst("a number");
        return signs;
      }
      signs.addFirst("a name");
      if (number) {
        signs.addFirst("a number");
      }
      return signs;
    }
    if (name && number && words.isEmpty() && signs.remove("'('")) {
      signs.addFirst("a number");
      return signs;
    }
    List<String> all = new ArrayList<>(words.stream().sorted().map(w -> "'" + w + "'").toList());
    if (name) {
      all.add("a word");
    }
    if (number) {
      all.add("a number");
    }
    signs.removeAll(List.of("'+'", "'-'", "'*'", "'/'"));
    if (all.size() + signs.size() > 1) {
      signs.remove("';'");
    }
    all.addAll(signs);
    return all;
  }

  private static List<String> keywords(List<String> expected) {
    return expected.stream()
        .filter(word -> word.startsWith("'"))
        .map(word -> word.substring(1, word.length() - 1))
        .toList();
  }

  private static String literal(Vocabulary vocabulary, int type) {
    String display = vocabulary.getDisplayName(type);
    return display.startsWith("'") ? display.substring(1, display.length() - 1) : display;
  }

  private static int ruleIndex(ParserRuleContext context) {
    return context.getRuleIndex();
  }

  private static Token before(Parser parser, Token token) {
    return token.getTokenIndex() > 0
        ? parser.getInputStream().get(token.getTokenIndex() - 1)
        : token;
  }

  static String shown(Token token) {
    if (token.getType() == Token.EOF) {
      return "the end of the file";
    }
    String text = token.getText();
    int newline = text.indexOf('\n');
    if (newline >= 0) {
      text = text.substring(0, newline);
    }
    return "'" + (text.length() > 40 ? text.substring(0, 40) + "…" : text) + "'";
  }
}
