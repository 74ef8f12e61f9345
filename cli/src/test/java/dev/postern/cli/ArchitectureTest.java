package dev.postern.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.FileDescriptor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Who may use whom. A rule about classes that do not exist fails here (ArchUnit's {@code
 * failOnEmptyShould}); where a rule allows something, the test also shows that it is done, so that
 * no rule outlives what it speaks of.
 */
class ArchitectureTest {

  /** The modules, by their packages, and the modules each may use. */
  enum Module {
    MODEL(Set.of(), "dev.postern.model..", "dev.postern.json.."),
    X86(Set.of(), "dev.postern.x86.."),
    CHECKER(Set.of(), "dev.postern.checker.."),
    DSL(Set.of(MODEL, X86), "dev.postern.dsl.."),
    VERIFIER(Set.of(MODEL, X86, CHECKER), "dev.postern.verifier.."),
    PEER(Set.of(VERIFIER), "dev.postern.peer.."),
    SIGNER(Set.of(MODEL), "dev.postern.signer.."),
    LOADER(Set.of(MODEL, SIGNER), "dev.postern.loader.."),
    SILICON(Set.of(MODEL, X86, VERIFIER, LOADER), "dev.postern.silicon.."),
    CLI(
        Set.of(MODEL, X86, CHECKER, DSL, VERIFIER, PEER, SIGNER, LOADER, SILICON),
        "dev.postern.cli..");

    private final Set<Module> uses;
    private final String[] packages;

    Module(Set<Module> uses, String... packages) {
      this.uses = uses;
      this.packages = packages;
    }

    boolean holds(JavaClass type) {
      return resideInAnyPackage(packages).test(type);
    }
  }

  /** Foreign libraries: by the start of their package names, the one package that imports each. */
  private static final Map<String, String> LIBRARIES =
      new TreeMap<>(
          Map.of(
              "com.fasterxml.jackson.", "dev.postern.json",
              "org.antlr.", "dev.postern.dsl.syntax",
              "com.microsoft.z3", "dev.postern.verifier.smt.z3",
              "io.github.cvc5.", "dev.postern.peer.cvc5",
              "org.sosy_lab.", "dev.postern.peer.bitwuzla",
              "picocli", "dev.postern.cli",
              "org.bouncycastle.", "dev.postern.signer.cms"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.postern");

  @ParameterizedTest
  @EnumSource
  void moduleUsesOnlyWhatStandsBelowIt(Module module) {
    assertThat(CLASSES.stream().filter(module::holds)).as("classes of %s", module).isNotEmpty();
    for (Module other : Module.values()) {
      if (other != module && !module.uses.contains(other)) {
        noClasses()
            .that()
            .resideInAnyPackage(module.packages)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(other.packages)
            .because("of the direction in ARCHITECTURE.md")
            .check(CLASSES);
      }
    }
  }

  @Test
  void everyClassIsOfOneModule() {
    assertThat(CLASSES)
        .allSatisfy(type ->
            assertThat(Set.of(Module.values()).stream().filter(module -> module.holds(type)))
                .as(type.getName())
                .hasSize(1));
  }

  @Test
  void everyLibraryIsImportedByOnePackage() {
    Map<String, Set<String>> importers = new TreeMap<>();
    for (JavaClass type : CLASSES) {
      type.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> !target.isPrimitive())
          .map(JavaClass::getName)
          .filter(ArchitectureTest::isForeign)
          .forEach(name ->
              importers
                  .computeIfAbsent(library(name), _ -> new TreeSet<>())
                  .add(type.getPackageName()));
    }
    assertThat(importers)
        .allSatisfy((library, packages) ->
            assertThat(packages)
                .as("who imports %s", library)
                .containsExactly(LIBRARIES.get(library)));
    assertThat(importers.keySet()).as("libraries in use").isEqualTo(LIBRARIES.keySet());
  }

  private static boolean isForeign(String name) {
    return List.of("java.", "javax.", "dev.postern.", "org.jspecify.").stream()
        .noneMatch(name::startsWith);
  }

  private static String library(String name) {
    return LIBRARIES.keySet().stream().filter(name::startsWith).findFirst().orElse(name);
  }

  /** A host that installs cannot sign, prove or parse: not even by way of what it calls. */
  @Test
  void whatTheLoaderReachesNeitherSignsNorProvesNorParses() {
    Set<String> reached = new TreeSet<>();
    Deque<JavaClass> next = new ArrayDeque<>();
    CLASSES.stream().filter(Module.LOADER::holds).forEach(next::add);
    while (!next.isEmpty()) {
      JavaClass type = next.remove();
      if (reached.add(type.getName())) {
        type.getDirectDependenciesFromSelf().stream()
            .map(dependency -> dependency.getTargetClass().getBaseComponentType())
            .filter(target -> !reached.contains(target.getName()))
            .forEach(next::add);
      }
    }
    assertThat(reached).contains("dev.postern.signer.cms.CmsVerifier");
    assertThat(reached)
        .noneMatch(name ->
            name.startsWith("com.microsoft.z3")
                || name.startsWith("dev.postern.peer.")
                || name.startsWith("org.antlr.")
                || name.startsWith("dev.postern.dsl.")
                || name.startsWith("dev.postern.verifier.")
                || name.startsWith("dev.postern.x86.")
                || name.startsWith("java.net.Socket")
                || name.startsWith("java.net.http.")
                || name.startsWith("java.nio.channels.SocketChannel")
                || name.startsWith("org.bouncycastle.operator.ContentSigner")
                || name.contains("CMSSignedDataGenerator")
                || name.equals("dev.postern.signer.cms.CmsSigner")
                || name.equals("dev.postern.signer.key.OperatorKey")
                || name.equals("dev.postern.signer.key.KeyFiles"));
  }

  /** A host that checks cannot sign: followed through every class, not only the direct ones. */
  @Test
  void whatChecksHasNoSigningCodeBehindIt() {
    Set<String> reached = new TreeSet<>();
    for (String start :
        List.of(
            "dev.postern.signer.check.BundleChecker", "dev.postern.signer.check.TrustChecker")) {
      reach(CLASSES.get(start), reached);
    }
    assertThat(reached)
        .contains("dev.postern.signer.cms.CmsVerifier", "dev.postern.signer.trust.Trust")
        .noneMatch(name -> name.matches(SIGNING));
    assertThat(CLASSES.stream().map(JavaClass::getName).filter(name -> name.matches(SIGNING)))
        .as("signing classes that exist")
        .hasSizeGreaterThanOrEqualTo(5);
  }

  private static final String SIGNING =
      "dev\\.postern\\.(signer\\.(cms\\.(CmsSigner|PrivateKey|OperatorCertificate)"
          + "|key\\.(OperatorKey|KeyFiles|Token|Passphrase)|bundle\\.Bundles|ceremony\\..*)"
          + "|verifier\\..*|dsl\\..*)(\\$.*)?"
          + "|org\\.bouncycastle\\.(cms|operator|cert|openssl|jce)\\..*"
          + "|org\\.bouncycastle\\.crypto\\.(generators|util)\\..*";

  private static void reach(JavaClass type, Set<String> reached) {
    if (reached.add(type.getName()) && type.getPackageName().startsWith("dev.postern")) {
      type.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .forEach(target -> reach(target, reached));
    }
  }

  @Test
  void onlyTheTerminalPrints() {
    noClasses()
        .that(not(isA(Terminal.class)))
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .accessField(FileDescriptor.class, "out")
        .orShould()
        .accessField(FileDescriptor.class, "err")
        .orShould()
        .callMethod(Throwable.class, "printStackTrace")
        .check(CLASSES);
    assertThat(CLASSES.get(Terminal.class).getFieldAccessesFromSelf())
        .extracting(access -> access.getTarget().getFullName())
        .contains("java.io.FileDescriptor.out", "java.io.FileDescriptor.err");
  }

  @Test
  void onlyMainEndsTheProcess() {
    noClasses()
        .that(not(isA(Main.class)))
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(CLASSES);
    assertThat(CLASSES.get(Main.class).getMethodCallsFromSelf())
        .extracting(call -> call.getTarget().getFullName())
        .contains("java.lang.System.exit(int)");
  }

  @Test
  void nobodySleeps() {
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(CLASSES);
  }

  @Test
  void modelReadsNoFileAndNoClock() {
    noClasses()
        .that(resideInAPackage("dev.postern.model.."))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.nio.file..", "java.time..", "java.net..")
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> isA(Class<?> type) {
    return JavaClass.Predicates.equivalentTo(type);
  }
}
