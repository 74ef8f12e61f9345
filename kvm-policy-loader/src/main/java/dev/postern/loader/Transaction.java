package dev.postern.loader;

import dev.postern.loader.install.Candidate;
import dev.postern.loader.install.InstallException;
import dev.postern.loader.install.Installer;
import dev.postern.loader.install.Prepared;
import dev.postern.loader.install.Presence;
import dev.postern.loader.install.Receipt;
import dev.postern.loader.plan.InstallPlan;
import dev.postern.loader.trust.Event;
import dev.postern.loader.trust.State;
import dev.postern.loader.trust.StateDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Installs one candidate. The journal says before the effect that it begins and after it that it is
 * done. If a step before the effect fails, nothing happened; if the effect fails, it is put back;
 * if the record fails after the effect, the effect stands and the next load finds out from the
 * backend and finishes the record ({@link Recovery}).
 */
final class Transaction {

  private final Installer installer;
  private final Optional<StateDirectory> state;
  private final Candidate candidate;
  private final State.Ratchet ratchet;
  private final List<String> attestations;

  Transaction(
      Installer installer,
      Optional<StateDirectory> state,
      Candidate candidate,
      State.Ratchet ratchet,
      List<String> attestations) {
    this.installer = installer;
    this.state = state;
    this.candidate = candidate;
    this.ratchet = ratchet;
    this.attestations = attestations;
  }

  LoadResult run() throws IOException {
    try (Prepared prepared = installer.prepare(candidate)) {
      State.Installed intended = intended(prepared.digest());
      if (isThere(intended)) {
        return new LoadResult.AlreadyInstalled(
            receipt(List.of("it is there already, unchanged: nothing was done")));
      }
      Event begun = Event.installing(candidate.plan().policySet(), ratchet, intended, attestations);
      if (state.isPresent()) {
        state.get().keep(candidate.bundle().policy());
        state.get().record(begun);
      }
      commit(prepared, begun);
      if (state.isPresent()) {
        state.get().record(Event.end(Event.Kind.INSTALLED, begun, prepared.steps()));
      }
      return new LoadResult.Installed(receipt(prepared.steps()));
    } catch (InstallException e) {
      return Loader.stepFailed(e);
    }
  }

  private boolean isThere(State.Installed intended) throws IOException {
    return state.isPresent()
        && intended.equals(state.get().state().installed().get(candidate.plan().policySet()))
        && ratchet.equals(state.get().state().sets().get(candidate.plan().policySet()))
        && installer.presence(intended) == Presence.PRESENT;
  }

  private void commit(Prepared prepared, Event begun) throws InstallException, IOException {
    try {
      prepared.commit();
    } catch (InstallException | IOException failure) {
      try {
        prepared.undo();
      } catch (InstallException | IOException alsoFailed) {
        // Old or new, the backend knows: the journal's last word stays "begins".
        failure.addSuppressed(alsoFailed);
        throw failure;
      }
      if (state.isPresent()) {
        state
            .get()
            .record(
                Event.end(Event.Kind.UNDONE, begun, List.of(String.valueOf(failure.getMessage()))));
      }
      throw failure;
    }
  }

  private State.Installed intended(String digest) {
    InstallPlan plan = candidate.plan();
    return new State.Installed(
        installer.name(),
        installer.target(),
        digest,
        candidate.bundle().id(),
        plan.version(),
        plan.policySha256(),
        candidate.image().planSha256(),
        plan.sources().stream().map(InstallPlan.Source::vm).toList());
  }

  private Receipt receipt(List<String> steps) {
    List<String> all = new ArrayList<>(steps);
    all.addAll(attestations);
    return new Receipt(
        installer.name(),
        candidate.bundle().id(),
        candidate.plan().policySet(),
        candidate.plan().version(),
        candidate.image().planSha256(),
        all);
  }
}
