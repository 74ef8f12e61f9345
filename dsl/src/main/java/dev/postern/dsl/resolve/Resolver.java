package dev.postern.dsl.resolve;

import dev.postern.dsl.diagnostic.Code;
import dev.postern.dsl.diagnostic.Diagnostic;
import dev.postern.dsl.diagnostic.Diagnostics;
import dev.postern.dsl.diagnostic.Spelling;
import dev.postern.dsl.resolve.Machines.Machine;
import dev.postern.dsl.syntax.Tree;
import dev.postern.model.Cpu;
import dev.postern.model.Gate;
import dev.postern.model.Location;
import dev.postern.model.Policy;
import dev.postern.model.RuleId;
import dev.postern.model.View;
import dev.postern.model.Vm;
import dev.postern.model.Waiver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** From a parsed policy to what it means. */
public final class Resolver {

  private final Scope scope;
  private final Sources.Document document;

  private Resolver(Sources.Document document, Sources sources, Diagnostics diagnostics) {
    this.document = document;
    this.scope = new Scope(diagnostics, sources);
  }

  /** The policy, if nothing is wrong with it; everything that is goes to {@code diagnostics}. */
  public static Optional<Policy> resolve(
      Sources.Document document, Sources sources, Diagnostics diagnostics) {
    return new Resolver(document, sources, diagnostics).resolve();
  }

  private Optional<Policy> resolve() {
    all(Tree.Constant.class).forEach(scope.evaluator::define);
    scope.evaluator.checkConstants();
    names();
    Optional<Long> version =
        scope.evaluator.between(document.header().version(), "version", 0, Long.MAX_VALUE);
    Machines resolver = new Machines(scope);
    Cpu cpu = resolver.cpu(all(Tree.Cpu.class), document.header().at());
    Map<String, Machine> machines = resolver.machines(all(Tree.Vm.class));
    CodeUnits units = new CodeUnits(scope, all(Tree.Code.class));
    List<Tree.Gate> gateTrees = all(Tree.Gate.class);
    Map<String, PlannedView> planned =
        new ViewPlanner(scope, machines, units)
            .plan(all(Tree.View.class), Gates.user(scope, gateTrees));
    Contents contents = new Contents(scope, units, machines, planned);
    List<View> views = new ViewBuilder(scope, contents, planned).build();
    List<Gate> gates = new Gates(scope, units, planned).resolve(gateTrees);
    Surroundings rest = new Surroundings(scope, contents, machines, planned);
    List<Vm> vms = rest.withAliases();
    Policy policy =
        new Policy(
            document.header().at(),
            document.header().name().text(),
            version.orElse(0L),
            cpu,
            vms,
            rest.domains(all(Tree.Domain.class), views),
            rest.controlRegions(all(Tree.ControlRegion.class)),
            views,
            rest.slots(all(Tree.EptpList.class)),
            gates,
            waivers());
    return scope.diagnostics.hasErrors() ? Optional.empty() : Optional.of(policy);
  }

  private <T extends Tree.Statement> List<T> all(Class<T> kind) {
    return document.statements().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** VMs and views share one space of names, so that OWNER.MEMBER is never two things. */
  private void names() {
    Map<String, Location> names = new HashMap<>();
    for (Tree.Statement statement : document.statements()) {
      Optional<Tree.Name> name =
          switch (statement) {
            case Tree.Vm vm -> Optional.of(vm.name());
            case Tree.View view -> Optional.of(view.name());
            case Tree.Include _,
                Tree.Constant _,
                Tree.Cpu _,
                Tree.Domain _,
                Tree.ControlRegion _,
                Tree.Code _,
                Tree.EptpList _,
                Tree.Gate _,
                Tree.Waiver _ ->
                Optional.empty();
          };
      if (name.isPresent()) {
        Location earlier = names.putIfAbsent(name.get().text(), name.get().at());
        if (earlier != null) {
          scope.diagnostics.add(
              Diagnostic.error(
                      Code.DUPLICATE_NAME,
                      name.get().at(),
                      "two vms or views are named '" + name.get().text() + "'")
                  .also(earlier, "first used here"));
        }
      }
    }
  }

  private List<Waiver> waivers() {
    List<Waiver> waivers = new ArrayList<>();
    Scope.Names names = scope.new Names("waiver of");
    for (Tree.Waiver tree : all(Tree.Waiver.class)) {
      String rule = tree.rule().text();
      if (RuleId.of(rule).isEmpty()) {
        List<String> known = java.util.Arrays.stream(RuleId.values()).map(RuleId::id).toList();
        scope.diagnostics.add(
            Diagnostic.error(Code.UNKNOWN_RULE, tree.rule().at(), "there is no rule '" + rule + "'")
                .hint(
                    Spelling.closest(rule, known)
                        .map(close -> "did you mean '" + close + "'?")
                        .orElse("'postern explain' lists the rules")));
      } else if (tree.reason().value().isBlank()) {
        scope.error(
            Code.EMPTY_REASON,
            tree.reason().at(),
            "the reason to waive '" + rule + "' is empty",
            "reports show it, and it is signed: say who decided what");
      } else if (names.define(rule, tree.rule().at())) {
        waivers.add(new Waiver(tree.at(), rule, tree.reason().value()));
      }
    }
    return waivers;
  }
}
