package dev.postern.dsl.resolve;

import dev.postern.dsl.Limits;
import dev.postern.dsl.SourceReader;
import dev.postern.dsl.SourceReader.Answer;
import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.dsl.syntax.PolicyParser;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Bytes;
import dev.postern.model.Location;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Reads a policy's files: the policy, what it includes, and the code it names. */
public final class Sources {

  /**
   * A policy with its includes in place.
   *
   * @param statements all of them but the includes, in the order a reader meets them
   */
  public record Document(Tree.Header header, List<Tree.Statement> statements) {
    public Document {
      statements = List.copyOf(statements);
    }
  }

  private final SourceReader reader;
  private final Diagnostics diagnostics;
  private final Map<String, String> texts = new TreeMap<>();
  private final Set<Path> read = new HashSet<>();
  private final Deque<Path> open = new ArrayDeque<>();
  private final List<Tree.Statement> statements = new ArrayList<>();
  private long total;

  public Sources(SourceReader reader, Diagnostics diagnostics) {
    this.reader = reader;
    this.diagnostics = diagnostics;
  }

  /** Every policy text read, by the name locations have for it. */
  public Map<String, String> texts() {
    return Map.copyOf(texts);
  }

  /** The policy in {@code file}; nothing if any of its files has an error. */
  public Optional<Document> load(Path file) {
    Location start = new Location(file.toString(), 1, 1);
    Optional<Tree.File> tree = parse(file, start);
    if (tree.isPresent() && tree.get().header().isEmpty()) {
      diagnostics.error(
          Code.HEADER_MISSING,
          start,
          "the policy does not say its name and version",
          "start with: policy NAME version 1");
    }
    tree.ifPresent(t -> include(file, t));
    return diagnostics.hasErrors()
        ? Optional.empty()
        : tree.flatMap(Tree.File::header).map(header -> new Document(header, statements));
  }

  private void include(Path file, Tree.File tree) {
    open.push(file.normalize());
    for (Tree.Statement statement : tree.statements()) {
      if (statement instanceof Tree.Include include) {
        sibling(include.path()).ifPresent(path -> include(include, path));
      } else {
        statements.add(statement);
      }
    }
    open.pop();
  }

  private void include(Tree.Include include, Path path) {
    if (open.contains(path)) {
      diagnostics.error(Code.INCLUDE_CYCLE, include.path().at(), "'" + path + "' includes itself");
      return;
    }
    if (!read.add(path)) {
      return;
    }
    if (read.size() > Limits.INCLUDES) {
      diagnostics.error(
          Code.TOO_MANY_INCLUDES,
          include.path().at(),
          "more than " + Limits.INCLUDES + " files are included (limit INCLUDES)");
      return;
    }
    parse(path, include.path().at())
        .ifPresent(tree -> {
          tree.header()
              .ifPresent(header ->
                  diagnostics.add(
                      Diagnostic.error(
                              Code.HEADER_MISPLACED,
                              header.at(),
                              "an included file has no name and version of its own")
                          .also(include.at(), "included here")));
          include(path, tree);
        });
  }

  private Optional<Tree.File> parse(Path path, Location at) {
    return bytes(path, at, Limits.FILE_BYTES, "FILE_BYTES")
        .flatMap(bytes -> decode(path, bytes))
        .flatMap(text -> PolicyParser.parse(path.toString(), text, diagnostics));
  }

  /** A file beside the one that names it; nothing, and a diagnostic, for an absolute path. */
  Optional<Path> sibling(Tree.Text name) {
    Path path;
    try {
      path = Path.of(name.value());
    } catch (InvalidPathException _) {
      diagnostics.error(Code.FILE_MISSING, name.at(), "the file's name cannot be one");
      return Optional.empty();
    }
    if (path.isAbsolute()) {
      diagnostics.error(
          Code.PATH_ABSOLUTE,
          name.at(),
          "'" + name.value() + "' is an absolute path",
          "name files relative to the policy, so that it means the same on every machine");
      return Optional.empty();
    }
    return Optional.of(Path.of(name.at().file()).resolveSibling(path).normalize());
  }

  /** The content of a file named at {@code at}. */
  Optional<Bytes> bytes(Path path, Location at, int limit, String limitName) {
    return switch (reader.read(path, limit)) {
      case Answer.Found(Bytes content) -> {
        total += content.size();
        if (total > Limits.TOTAL_BYTES) {
          diagnostics.error(
              Code.FILE_TOO_LARGE,
              at,
              "the policy's files have more than %d bytes together (limit TOTAL_BYTES)"
                  .formatted(Limits.TOTAL_BYTES));
          yield Optional.empty();
        }
        yield Optional.of(content);
      }
      case Answer.Missing _ -> {
        diagnostics.error(Code.FILE_MISSING, at, "there is no file '" + path + "'");
        yield Optional.empty();
      }
      case Answer.TooLarge _ -> {
        diagnostics.error(
            Code.FILE_TOO_LARGE,
            at,
            "'%s' is larger than %d bytes (limit %s)".formatted(path, limit, limitName));
        yield Optional.empty();
      }
      case Answer.Unreadable(String reason) -> {
        diagnostics.error(Code.FILE_UNREADABLE, at, "'" + path + "' is not readable: " + reason);
        yield Optional.empty();
      }
    };
  }

  private Optional<String> decode(Path path, Bytes bytes) {
    byte[] content = bytes.toArray();
    String file = path.toString();
    Optional<String> mark = byteOrderMark(bytes);
    if (mark.isPresent()) {
      diagnostics.error(
          Code.NOT_UTF8,
          new Location(file, 1, 1),
          "'" + path + "' starts with a byte-order mark of " + mark.get(),
          "save it as UTF-8 without a byte-order mark");
      return Optional.empty();
    }
    ByteBuffer in = ByteBuffer.wrap(content);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(in).toString();
      texts.put(file, text);
      return Optional.of(text);
    } catch (CharacterCodingException _) {
      String before = new String(content, 0, in.position(), StandardCharsets.UTF_8);
      int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
      int column = before.codePointCount(before.lastIndexOf('\n') + 1, before.length()) + 1;
      diagnostics.error(
          Code.NOT_UTF8,
          new Location(file, line, column),
          "'%s' is not UTF-8: byte 0x%02x at offset %d"
              .formatted(path, bytes.at(in.position()), in.position()),
          "save it as UTF-8 without a byte-order mark");
      return Optional.empty();
    }
  }

  private static Optional<String> byteOrderMark(Bytes bytes) {
    if (bytes.size() >= 2 && bytes.at(0) == 0xff && bytes.at(1) == 0xfe) {
      return Optional.of("UTF-16 (little-endian)");
    }
    if (bytes.size() >= 2 && bytes.at(0) == 0xfe && bytes.at(1) == 0xff) {
      return Optional.of("UTF-16 (big-endian)");
    }
    if (bytes.size() >= 3 && bytes.at(0) == 0xef && bytes.at(1) == 0xbb && bytes.at(2) == 0xbf) {
      return Optional.of("UTF-8");
    }
    return Optional.empty();
  }
}
