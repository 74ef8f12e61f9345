package dev.postern.dsl.resolve;

import dev.postern.dsl.Limits;
import dev.postern.dsl.code.CodeUnit;
import dev.postern.dsl.code.LinkException;
import dev.postern.dsl.code.Linker;
import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.resolve.PlannedMapping.Content;
import dev.postern.dsl.resolve.PlannedMapping.State;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Frames;
import dev.postern.model.Location;
import dev.postern.model.Lock;
import dev.postern.model.PageSize;
import dev.postern.model.Vm;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Which frames a mapping maps, and what code is in them. */
final class Contents {

  private static final long PAGE = PageSize.SMALL.bytes();

  private final Scope scope;
  private final CodeUnits units;
  private final Map<String, Machines.Machine> machines;
  private final Map<String, PlannedView> views;
  private final Map<Key, PlannedMapping> first = new HashMap<>();
  private long spent;

  Contents(
      Scope scope,
      CodeUnits units,
      Map<String, Machines.Machine> machines,
      Map<String, PlannedView> views) {
    this.scope = scope;
    this.units = units;
    this.machines = machines;
    this.views = views;
    for (PlannedView view : ViewPlanner.byIndex(views)) {
      if (!view.isDefault()) {
        view.mappings.forEach(m -> keys(m).forEach(key -> first.putIfAbsent(key, m)));
      }
    }
  }

  /** What makes two mappings of one VM's views mappings of the same frames. */
  private record Key(String vm, String what, Optional<Long> gpa) {
    /**
     * As of any record; written out, for the JVM would make it in a cold start, which takes long.
     */
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key(String v, String w, Optional<Long> g)
          && vm.equals(v)
          && what.equals(w)
          && gpa.equals(g);
    }

    @Override
    public int hashCode() {
      return (vm.hashCode() * 31 + what.hashCode()) * 31 + gpa.hashCode();
    }
  }

  private static List<Key> keys(PlannedMapping mapping) {
    String vm = mapping.view.machine.vm().name();
    if (mapping.code.isPresent()) {
      String what = mapping.code.get().unit().name() + ":" + mapping.code.get().section().number();
      return List.of(new Key(vm, what, mapping.gpa), new Key(vm, what, Optional.empty()));
    }
    return mapping.tree.subject() instanceof Tree.PagingSubject
        ? List.of(new Key(vm, mapping.name, mapping.gpa))
        : List.of();
  }

  /** The protected view's mapping whose frames {@code mapping} shares. */
  private Optional<PlannedMapping> first(PlannedMapping mapping) {
    List<Key> keys = keys(mapping);
    Key key = mapping.view.isDefault() ? keys.getLast() : keys.getFirst();
    return Optional.ofNullable(first.get(key)).filter(m -> !m.equals(mapping));
  }

  Optional<Machines.Machine> machine(String name) {
    return Optional.ofNullable(machines.get(name));
  }

  Optional<Content> of(PlannedMapping mapping) {
    switch (mapping.state) {
      case NEW -> {
        mapping.state = State.OPEN;
        mapping.content = compute(mapping);
        mapping.state = State.DONE;
      }
      case OPEN ->
          scope.error(
              Code.FRAMES_CYCLE,
              mapping.tree.at(),
              "mapping '%s.%s' takes its frames from itself"
                  .formatted(mapping.view.name(), mapping.name));
      case DONE -> {}
    }
    return mapping.content;
  }

  private Optional<Content> compute(PlannedMapping mapping) {
    Optional<Long> size =
        mapping
            .attributes
            .size()
            .flatMap(e ->
                scope
                    .evaluator
                    .size(e)
                    .filter(s -> scope.aligned(e.at(), "size", s, PageSize.SMALL)));
    if (mapping.attributes.size().isPresent() && size.isEmpty()) {
      return Optional.empty();
    }
    return switch (mapping.tree.subject()) {
      case Tree.CodeSubject _ -> code(mapping, size);
      case Tree.PrivateSubject _ -> state(mapping, size);
      case Tree.PagingSubject _ -> paging(mapping, size);
      case Tree.WindowSubject w -> window(w);
      case Tree.FramesSubject f -> map(mapping, f, size);
    };
  }

  // ---- code

  /**
   * Code of one section at one address is one run of frames, whichever of a VM's views map it:
   * those of the first view that does. A default view maps the frames of the protected ones.
   */
  private Optional<Content> code(PlannedMapping mapping, Optional<Long> size) {
    CodeUnits.Reference code = mapping.code.orElseThrow();
    Optional<PlannedMapping> first = first(mapping);
    Optional<Tree.Frames> written = mapping.attributes.frames();
    if (first.isPresent() && mapping.view.isDefault()) {
      Optional<Content> shared = of(first.get());
      return written.isEmpty()
          ? shared
          : shared.flatMap(s ->
              frames(written.get(), Optional.of(s.frames().size()))
                  .map(f -> new Content(f, s.image())));
    }
    Optional<CodeImage> image = image(mapping, code, size);
    if (image.isEmpty()) {
      return Optional.empty();
    }
    long bytes = image.get().bytes().size();
    if (written.isPresent()) {
      return frames(written.get(), Optional.of(bytes)).map(f -> new Content(f, image));
    }
    if (first.isPresent()) {
      Optional<Content> shared = of(first.get());
      if (shared.flatMap(Content::image).stream()
          .anyMatch(i -> !i.bytes().equals(image.get().bytes()))) {
        scope.diagnostics.add(
            Diagnostic.error(
                    Code.CODE_DIFFERS,
                    mapping.tree.at(),
                    "'%s' is one run of frames in views '%s' and '%s', and relocation makes different bytes of it"
                        .formatted(mapping.name, first.get().view.name(), mapping.view.name()))
                .also(first.get().tree.at(), "first mapped here")
                .hint("place what it refers to at the same addresses, or use another address"));
      }
      return shared;
    }
    return Optional.of(new Content(loader(mapping, bytes), image));
  }

  private static Frames loader(PlannedMapping mapping, long size) {
    return new Frames(new Frames.Owner.Loader(mapping.view.name(), mapping.name), 0, size);
  }

  private Optional<CodeImage> image(
      PlannedMapping mapping, CodeUnits.Reference code, Optional<Long> size) {
    if (mapping.la.isEmpty()) {
      return Optional.empty();
    }
    Map<Integer, Long> placed = mapping.view.placed.getOrDefault(code.unit().name(), Map.of());
    Optional<CodeUnit> unit = units.at(code.unit(), placed);
    Optional<CodeUnit.Section> section = unit.flatMap(u -> u.section(code.section().number()));
    if (unit.isEmpty()
        || section.isEmpty()
        || !sized(
            mapping.tree.at(),
            "section '" + code.section().name() + "'",
            section.get().bytes(),
            size)) {
      return Optional.empty();
    }
    SortedMap<String, Integer> symbols = unit.get().offsets(section.get());
    if (!budget(mapping.tree.at(), section.get().bytes().size(), symbols.size())) {
      return Optional.empty();
    }
    try {
      Bytes linked = new Linker(unit.get(), placed).link(section.get());
      return Optional.of(
          image(
              unit.get().name(),
              section.get().name(),
              linked,
              size,
              symbols,
              section.get().lines()));
    } catch (LinkException e) {
      scope.diagnostics.add(
          Diagnostic.error(
                  e.code(),
                  mapping.tree.at(),
                  "code '%s', section '%s': %s"
                      .formatted(unit.get().name(), section.get().name(), e.getMessage()))
              .hint(e.hint()));
      return Optional.empty();
    }
  }

  /** Whether all images together are within the limit. */
  private boolean budget(Location at, long bytes, long symbols) {
    boolean within = spent <= Limits.CODE_TOTAL;
    spent += bytes + 64 * symbols;
    if (within && spent > Limits.CODE_TOTAL) {
      scope.error(
          Code.CODE_TOO_LARGE,
          at,
          "more than %d bytes of code and symbols in all mappings (limit CODE_TOTAL)"
              .formatted(Limits.CODE_TOTAL));
    }
    return spent <= Limits.CODE_TOTAL;
  }

  /** Whether there are bytes, not too many, and {@code size} holds them. */
  private boolean sized(Location at, String what, Bytes bytes, Optional<Long> size) {
    if (bytes.size() == 0) {
      scope.error(Code.CODE_EMPTY, at, what + " has no bytes");
      return false;
    }
    if (bytes.size() > Limits.CODE_BYTES || size.orElse(0L) > Limits.CODE_BYTES) {
      scope.error(
          Code.CODE_TOO_LARGE,
          at,
          "%s: more than %d bytes of code in one mapping (limit CODE_BYTES)"
              .formatted(what, Limits.CODE_BYTES));
      return false;
    }
    if (size.isPresent() && size.get() < bytes.size()) {
      scope.error(
          Code.CODE_TOO_LARGE,
          at,
          "%s has %s bytes, more than the size %s"
              .formatted(what, Hex.of(bytes.size()), Hex.of(size.get())));
      return false;
    }
    return true;
  }

  /** Whole pages, filled up. */
  private static CodeImage image(
      String unit,
      String section,
      Bytes content,
      Optional<Long> size,
      SortedMap<String, Integer> symbols,
      List<CodeImage.Line> lines) {
    int pages = (int) (size.orElse((content.size() + PAGE - 1) & -PAGE) / PAGE);
    byte[] bytes = Arrays.copyOf(content.toArray(), pages * (int) PAGE);
    Arrays.fill(bytes, content.size(), bytes.length, ContentBuilder.FILL);
    return new CodeImage(unit, section, Bytes.of(bytes), content.size(), symbols, lines);
  }

  /** An image written at its mapping. */
  private Optional<CodeImage> image(PlannedMapping mapping, Tree.ImageIs tree, long size) {
    String reference = tree.reference().text();
    int colon = reference.indexOf(':');
    Tree.Name name = new Tree.Name(tree.at(), reference.substring(colon + 1));
    Optional<CodeUnit> unit =
        new WrittenCode(
                scope,
                reference.substring(0, colon),
                List.of(new Tree.Section(tree.at(), name, tree.content())))
            .at(Map.of(1, mapping.la.orElse(0L)));
    if (unit.isEmpty()) {
      return Optional.empty();
    }
    CodeUnit.Section section = unit.get().sections().getFirst();
    SortedMap<String, Integer> symbols = unit.get().offsets(section);
    return sized(tree.at(), "the image", section.bytes(), Optional.of(size))
            && budget(tree.at(), size, symbols.size())
        ? Optional.of(
            image(
                unit.get().name(),
                section.name(),
                section.bytes(),
                Optional.of(size),
                symbols,
                section.lines()))
        : Optional.empty();
  }

  // ---- state and paging structures

  private Optional<Content> state(PlannedMapping mapping, Optional<Long> size) {
    if (mapping.attributes.size().isEmpty() && mapping.attributes.frames().isEmpty()) {
      scope.missing(
          mapping.tree.at(), "mapping '" + mapping.name + "' has no size", "add: size 4KiB");
      return Optional.empty();
    }
    return mapping
        .attributes
        .frames()
        .map(f -> frames(f, size))
        .orElseGet(() -> size.map(s -> loader(mapping, s)))
        .map(f -> new Content(f, Optional.empty()));
  }

  /** Locked paging structures: under PINNED_PT the guest's own, else frames the views share. */
  private Optional<Content> paging(PlannedMapping mapping, Optional<Long> size) {
    if (mapping.attributes.frames().isPresent() || size.isEmpty() || mapping.gpa.isEmpty()) {
      return state(mapping, size);
    }
    Vm vm = mapping.view.machine.vm();
    if (vm.lock().has(Lock.Kind.PINNED_PT)) {
      Optional<Frames> own = Machines.slice(vm.name(), vm.memory(), mapping.gpa.get(), size.get());
      if (own.isPresent()) {
        return own.map(f -> new Content(f, Optional.empty()));
      }
    }
    Optional<PlannedMapping> first = first(mapping);
    return first.isPresent() ? of(first.get()) : state(mapping, size);
  }

  // ---- windows and other frames

  private Optional<Content> window(Tree.WindowSubject window) {
    if (!machines.containsKey(window.member().owner())) {
      scope.unknown(window.member().at(), "vm", window.member().owner(), machines.keySet());
      return Optional.empty();
    }
    return frames(
            new Tree.MemberFrames(window.at(), window.member(), false, window.slice()),
            Optional.empty())
        .map(f -> new Content(f, Optional.empty()));
  }

  /** Any frames; where they are all those of a mapping with code, the code comes along. */
  private Optional<Content> map(
      PlannedMapping mapping, Tree.FramesSubject subject, Optional<Long> size) {
    Optional<Frames> frames = frames(subject.frames(), size);
    if (frames.isEmpty()) {
      return Optional.empty();
    }
    Optional<Tree.ImageIs> written = mapping.attributes.image();
    if (written.isPresent()) {
      return image(mapping, written.get(), frames.get().size())
          .map(image -> new Content(frames.get(), Optional.of(image)));
    }
    Optional<CodeImage> image =
        subject.frames() instanceof Tree.MemberFrames m && !m.loader()
            ? planned(m.member())
                .flatMap(this::of)
                .filter(content -> content.frames().equals(frames.get()))
                .flatMap(Content::image)
            : Optional.empty();
    return Optional.of(new Content(frames.get(), image));
  }

  private Optional<PlannedMapping> planned(Tree.Member member) {
    return Optional.ofNullable(views.get(member.owner()))
        .flatMap(view -> view.mapping(member.member()));
  }

  /**
   * The frames {@code tree} names.
   *
   * @param size where the context says how many bytes
   */
  Optional<Frames> frames(Tree.Frames tree, Optional<Long> size) {
    return switch (tree) {
      case Tree.HostFrames host -> host(host, size);
      case Tree.MemberFrames member -> member(member, size);
    };
  }

  private Optional<Frames> host(Tree.HostFrames tree, Optional<Long> wanted) {
    Optional<Long> hpa = scope.evaluator.word(tree.address(), "host-physical address");
    Optional<Long> size = tree.size().isPresent() ? size(tree.size().get()) : wanted;
    if ((tree.size().isPresent() && size.isEmpty()) || twoSizes(tree, size, wanted)) {
      return Optional.empty();
    }
    if (size.isEmpty()) {
      scope.missing(tree.at(), "host frames without a size", "write: host[ADDRESS size 4KiB]");
      return Optional.empty();
    }
    return hpa.filter(a ->
            scope.aligned(tree.address().at(), "host address", a, PageSize.SMALL)
                && scope.fits(tree.at(), "host frames", a, size.get()))
        .map(a -> new Frames(new Frames.Owner.Host(), a, size.get()));
  }

  private Optional<Long> size(Tree.Expression tree) {
    return scope
        .evaluator
        .size(tree)
        .filter(s -> scope.aligned(tree.at(), "size", s, PageSize.SMALL));
  }

  private boolean twoSizes(Tree.Frames tree, Optional<Long> written, Optional<Long> wanted) {
    boolean differ = written.isPresent() && wanted.isPresent() && !written.equals(wanted);
    if (differ) {
      scope.error(
          Code.DUPLICATE_CLAUSE,
          tree.at(),
          "two sizes: the slice has %s bytes, the mapping %s"
              .formatted(Hex.of(written.get()), Hex.of(wanted.get())));
    }
    return differ;
  }

  private Optional<Frames> member(Tree.MemberFrames tree, Optional<Long> wanted) {
    Optional<Long> offset =
        tree.slice()
            .map(s -> scope.evaluator.between(s.offset(), "offset", 0, Long.MAX_VALUE))
            .orElse(Optional.of(0L));
    Optional<Long> size = tree.slice().flatMap(Tree.Slice::size).flatMap(scope.evaluator::size);
    if (offset.isEmpty()
        || (size.isEmpty() && tree.slice().flatMap(Tree.Slice::size).isPresent())) {
      return Optional.empty();
    }
    if (twoSizes(tree, size, wanted)) {
      return Optional.empty();
    }
    if (size.isEmpty()) {
      size = wanted;
    }
    if (tree.loader()) {
      return loaderFrames(tree, offset.get(), size);
    }
    Optional<Frames> whole = whole(tree.member());
    if (whole.isEmpty()) {
      return Optional.empty();
    }
    long all = whole.get().size();
    long bytes = size.orElse(all - offset.get());
    if (offset.get() >= all || bytes > all - offset.get()) {
      scope.error(
          Code.OUTSIDE,
          tree.at(),
          "%s bytes at offset %s reach past '%s', which has %s"
              .formatted(Hex.of(bytes), Hex.of(offset.get()), tree.member(), Hex.of(all)));
      return Optional.empty();
    }
    if (!Scope.all(
        scope.aligned(tree.at(), "offset", offset.get(), PageSize.SMALL),
        scope.aligned(tree.at(), "size", bytes, PageSize.SMALL))) {
      return Optional.empty();
    }
    return Optional.of(new Frames(whole.get().owner(), whole.get().offset() + offset.get(), bytes));
  }

  private Optional<Frames> loaderFrames(Tree.MemberFrames tree, long offset, Optional<Long> size) {
    if (size.isEmpty()) {
      scope.missing(tree.at(), "loader frames without a size", "add: size 4KiB");
      return Optional.empty();
    }
    return Scope.all(
            scope.aligned(tree.at(), "offset", offset, PageSize.SMALL),
            scope.aligned(tree.at(), "size", size.get(), PageSize.SMALL),
            scope.fits(tree.at(), "loader frames", offset, size.get()))
        ? Optional.of(
            new Frames(
                new Frames.Owner.Loader(tree.member().owner(), tree.member().member()),
                offset,
                size.get()))
        : Optional.empty();
  }

  /** All frames of VM.REGION, VM.APPROVAL or VIEW.MAPPING. */
  private Optional<Frames> whole(Tree.Member member) {
    Machines.Machine machine = machines.get(member.owner());
    if (machine != null) {
      Vm vm = machine.vm();
      Optional<Frames> found =
          machine
              .region(member.member())
              .map(m -> Machines.frames(vm.name(), m, 0, m.size()))
              .or(() -> machine.approval(member.member()).map(Vm.Approval::frames));
      if (found.isEmpty() && !machine.declares(member.member())) {
        List<String> known = new java.util.ArrayList<>();
        vm.memory().forEach(m -> known.add(m.name()));
        vm.approvals().forEach(a -> known.add(a.name()));
        scope.unknown(
            member.at(), "memory or approval of vm '" + vm.name() + "'", member.member(), known);
      }
      return found;
    }
    PlannedView view = views.get(member.owner());
    if (view != null) {
      Optional<PlannedMapping> planned = view.mapping(member.member());
      if (planned.isEmpty()) {
        scope.unknown(
            member.at(),
            "mapping of view '" + view.name() + "'",
            member.member(),
            view.mappings.stream().map(m -> m.name).toList());
      }
      return planned.flatMap(this::of).map(Content::frames);
    }
    List<String> owners = new java.util.ArrayList<>(machines.keySet());
    owners.addAll(views.keySet());
    scope.unknown(member.at(), "vm or view", member.owner(), owners);
    return Optional.empty();
  }
}
