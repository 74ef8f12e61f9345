package dev.postern.dsl.resolve;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.diagnostic.Spelling;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Disclosure;
import dev.postern.model.Leaf;
import dev.postern.model.MemoryType;
import dev.postern.model.Role;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The attributes of one mapping, each said at most once and only where it has a meaning. */
final class Attributes {

  /** Kinds of attribute, by the word they start with. */
  enum Kind {
    AT("at"),
    LA("la"),
    SIZE("size"),
    NAMED("named"),
    ROLE("role"),
    PAGES("pages"),
    PER_VCPU("per-vcpu"),
    FRAMES("frames"),
    MEMORY_TYPE("memory-type"),
    PAT("pat"),
    DISCLOSES("discloses"),
    LEAF_BIT("leaf bit"),
    IMAGE("image"),
    PERMISSION("permission");

    final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  private static final List<String> WORDS =
      List.of(
          "at",
          "la",
          "size",
          "named",
          "role",
          "pages",
          "per-vcpu",
          "frames",
          "memory-type",
          "pat",
          "discloses",
          "user-execute",
          "accessed",
          "dirty",
          "verify-guest-paging",
          "paging-write",
          "shadow-stack",
          "sub-page",
          "suppress-ve",
          "image",
          "rx",
          "rw",
          "trampoline",
          "code",
          "constant",
          "private",
          "paging",
          "window",
          "map",
          "unmap");

  private final Scope scope;
  private final Map<Kind, Tree.Attribute> said = new EnumMap<>(Kind.class);
  private final Map<String, Boolean> bits = new HashMap<>();

  Attributes(Scope scope, List<Tree.Attribute> trees, String subject, Set<Kind> allowed) {
    this.scope = scope;
    for (Tree.Attribute tree : trees) {
      Kind kind = kind(tree);
      if (!allowed.contains(kind)) {
        scope.error(
            Code.CLAUSE_NOT_ALLOWED,
            tree.at(),
            "'%s' has no meaning for %s".formatted(kind.word, subject));
      } else if (tree instanceof Tree.LeafBitIs bit) {
        if (bits.put(bit.bit().text(), bit.on()) != null) {
          scope.twice(bit.at(), bit.bit().text());
        }
      } else if (kind != Kind.PERMISSION || permission((Tree.Permission) tree)) {
        if (said.put(kind, tree) != null) {
          scope.twice(tree.at(), kind.word);
        }
      }
    }
  }

  private static Kind kind(Tree.Attribute tree) {
    return switch (tree) {
      case Tree.AtGpa _ -> Kind.AT;
      case Tree.AtLa _ -> Kind.LA;
      case Tree.SizeIs _ -> Kind.SIZE;
      case Tree.Named _ -> Kind.NAMED;
      case Tree.RoleIs _ -> Kind.ROLE;
      case Tree.PagesAre _ -> Kind.PAGES;
      case Tree.PerVcpu _ -> Kind.PER_VCPU;
      case Tree.FramesFrom _ -> Kind.FRAMES;
      case Tree.MemoryTypeIs _ -> Kind.MEMORY_TYPE;
      case Tree.PatIs _ -> Kind.PAT;
      case Tree.Discloses _ -> Kind.DISCLOSES;
      case Tree.LeafBitIs _ -> Kind.LEAF_BIT;
      case Tree.ImageIs _ -> Kind.IMAGE;
      case Tree.Permission _ -> Kind.PERMISSION;
    };
  }

  private boolean permission(Tree.Permission tree) {
    String letters = tree.letters();
    boolean known =
        letters.equals("none")
            || (letters.chars().allMatch(c -> "rwx".indexOf(c) >= 0)
                && letters.chars().distinct().count() == letters.length());
    if (!known) {
      scope.diagnostics.add(
          Diagnostic.error(
                  Code.UNKNOWN_WORD,
                  tree.at(),
                  "'" + letters + "' is neither a permission nor another attribute")
              .hint(
                  Spelling.closest(letters, WORDS)
                      .map(word -> "did you mean '" + word + "'?")
                      .orElse("permissions are r, w and x together, such as rw, or none")));
    }
    return known;
  }

  Optional<Tree.Expression> at() {
    return said.get(Kind.AT) instanceof Tree.AtGpa a ? Optional.of(a.value()) : Optional.empty();
  }

  Optional<Tree.Expression> la() {
    return said.get(Kind.LA) instanceof Tree.AtLa a ? Optional.of(a.value()) : Optional.empty();
  }

  Optional<Tree.Expression> size() {
    return said.get(Kind.SIZE) instanceof Tree.SizeIs a ? Optional.of(a.value()) : Optional.empty();
  }

  Optional<Tree.Name> named() {
    return said.get(Kind.NAMED) instanceof Tree.Named a ? Optional.of(a.name()) : Optional.empty();
  }

  Optional<Role> role() {
    return said.get(Kind.ROLE) instanceof Tree.RoleIs a
        ? Words.find(Words.ROLES, a.role(), "a role", scope.diagnostics)
        : Optional.empty();
  }

  Optional<Tree.Expression> pages() {
    return said.get(Kind.PAGES) instanceof Tree.PagesAre a
        ? Optional.of(a.size())
        : Optional.empty();
  }

  boolean perVcpu() {
    return said.containsKey(Kind.PER_VCPU);
  }

  Optional<Tree.Frames> frames() {
    return said.get(Kind.FRAMES) instanceof Tree.FramesFrom a
        ? Optional.of(a.frames())
        : Optional.empty();
  }

  /**
   * What writes there may tell the source; {@code permitted} if the mapping can tell it anything.
   */
  Disclosure discloses(boolean permitted) {
    if (!(said.get(Kind.DISCLOSES) instanceof Tree.Discloses d)) {
      return Disclosure.NOTHING;
    }
    if (!permitted) {
      scope.error(
          Code.CLAUSE_NOT_ALLOWED,
          d.at(),
          "'discloses' has no meaning where the view cannot write to the source's own memory",
          "it is for windows of the source VM with permission w");
      return Disclosure.NOTHING;
    }
    return Words.find(Words.DISCLOSURES, d.what(), "what writes disclose", scope.diagnostics)
        .orElse(Disclosure.NOTHING);
  }

  Optional<Tree.ImageIs> image() {
    return said.get(Kind.IMAGE) instanceof Tree.ImageIs a ? Optional.of(a) : Optional.empty();
  }

  boolean hasPermission() {
    return said.containsKey(Kind.PERMISSION);
  }

  /** {@code defaults}, but for what is said. */
  Leaf leaf(Leaf defaults) {
    boolean read = defaults.read();
    boolean write = defaults.write();
    boolean execute = defaults.execute();
    boolean userExecute = defaults.userExecute();
    if (said.get(Kind.PERMISSION) instanceof Tree.Permission p) {
      String letters = p.letters().equals("none") ? "" : p.letters();
      read = letters.contains("r");
      write = letters.contains("w");
      execute = letters.contains("x");
      userExecute &= execute;
    }
    MemoryType memoryType = defaults.memoryType();
    if (said.get(Kind.MEMORY_TYPE) instanceof Tree.MemoryTypeIs m) {
      memoryType =
          Words.find(Words.MEMORY_TYPES, m.type(), "an EPT memory type", scope.diagnostics)
              .orElse(memoryType);
    }
    boolean ignorePat = defaults.ignorePat();
    if (said.get(Kind.PAT) instanceof Tree.PatIs p) {
      ignorePat =
          Words.find(
                  new TreeMap<>(Map.of("honoured", false, "ignored", true)),
                  p.word(),
                  "a way to treat the guest's PAT",
                  scope.diagnostics)
              .orElse(ignorePat);
    }
    return new Leaf(
        read,
        write,
        execute,
        bits.getOrDefault("user-execute", userExecute),
        memoryType,
        ignorePat,
        bits.getOrDefault("accessed", defaults.accessed()),
        bits.getOrDefault("dirty", defaults.dirty()),
        bits.getOrDefault("verify-guest-paging", defaults.verifyGuestPaging()),
        bits.getOrDefault("paging-write", defaults.pagingWrite()),
        bits.getOrDefault("shadow-stack", defaults.supervisorShadowStack()),
        bits.getOrDefault("sub-page", defaults.subPageWrite()),
        bits.getOrDefault("suppress-ve", defaults.suppressVe()));
  }
}
