package dev.postern.cli;

import dev.postern.signer.trust.Role;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What the first and every later version of a trust may be told. */
final class TrustChanges {

  @Option(
      names = "--root",
      paramLabel = "PERSON=CERT",
      description = "this key joins the role root, which says what the next trust is; repeatable")
  private List<String> roots = List.of();

  @Option(
      names = "--operator",
      paramLabel = "PERSON=CERT",
      description = "this key joins the role operator, which signs bundles; repeatable")
  private List<String> operators = List.of();

  @Option(
      names = "--ci",
      paramLabel = "PERSON=CERT",
      description = "this key joins the role ci, which is never enough to install; repeatable")
  private List<String> ci = List.of();

  @Option(names = "--root-threshold", paramLabel = "N", description = "persons of the role root")
  private Optional<Integer> rootThreshold = Optional.empty();

  @Option(
      names = "--operator-threshold",
      paramLabel = "N",
      description = "persons of the role operator who must sign a bundle")
  private Optional<Integer> operatorThreshold = Optional.empty();

  @Option(
      names = "--post-quantum",
      paramLabel = "N",
      description = "how many operators must have signed with a post-quantum key")
  private Optional<Integer> postQuantum = Optional.empty();

  @Option(names = "--expires", paramLabel = "MOMENT", description = "nothing new is taken after")
  private Optional<String> expires = Optional.empty();

  @Option(names = "--days", paramLabel = "N", description = "the same, counted from now")
  private Optional<Integer> days = Optional.empty();

  @Option(
      names = "--max-bundle-days",
      paramLabel = "N",
      description = "bundles may be good for so long; 0: they need not say; 180 at first")
  private Optional<Integer> maxBundleDays = Optional.empty();

  @Option(
      names = "--clock-skew",
      paramLabel = "SECONDS",
      description = "how wrong a host's clock may be; 300 at first")
  private Optional<Long> clockSkew = Optional.empty();

  @Option(
      names = "--allow-waiver",
      paramLabel = "RULE",
      description = "bundles may waive this rule; repeatable")
  private List<String> allowed = List.of();

  @Option(
      names = "--floor",
      paramLabel = "SET=VERSION[:EPOCH]",
      description = "older bundles of the set are refused; repeatable")
  private List<String> floors = List.of();

  void apply(TrustDraft draft) throws Failure, IOException {
    for (String root : roots) {
      draft.add(Role.Name.ROOT, root);
    }
    for (String operator : operators) {
      draft.add(Role.Name.OPERATOR, operator);
    }
    for (String machine : ci) {
      draft.add(Role.Name.CI, machine);
    }
    rootThreshold.ifPresent(n -> draft.thresholds.put(Role.Name.ROOT, n));
    operatorThreshold.ifPresent(n -> draft.thresholds.put(Role.Name.OPERATOR, n));
    postQuantum.ifPresent(n -> draft.postQuantum.put(Role.Name.OPERATOR, n));
    if (expires.isPresent()) {
      draft.expires = Moments.parse(expires.get());
    } else if (days.isPresent()) {
      if (days.get() < 1 || days.get() > 3650) {
        throw Failure.badInput("--days takes 1 to 3650");
      }
      draft.expires = Moments.now(Optional.empty()).plus(Duration.ofDays(days.get()));
    }
    maxBundleDays.ifPresent(n -> draft.maxBundleDays = n == 0 ? Optional.empty() : Optional.of(n));
    clockSkew.ifPresent(seconds -> draft.clockSkewSeconds = seconds);
    for (String rule : allowed) {
      draft.allowWaiver(rule);
    }
    for (String floor : floors) {
      draft.floor(floor);
    }
  }
}
