/**
 * The host side: takes a checked bundle, asks the host whether it agrees, builds the paging
 * structures it describes, reads them back with independent code, installs them, and keeps a
 * record. Carries no solver, no parser of the language and no signing code.
 *
 * <pre>{@code
 * try (StateDirectory state = StateDirectory.open(directory, new DurableDisk(), clock)) {
 *   LoadRequest request = new LoadRequest(bundle, trustJson, false, now, framesJson, false, Optional.of(host));
 *   switch (Loader.load(request, new ImageInstaller(out, disk), Optional.of(state))) {
 *     case LoadResult.Installed(Receipt receipt) -> …           // exit 0
 *     case LoadResult.AlreadyInstalled(Receipt receipt) -> …    // exit 0, nothing done
 *     case LoadResult.NotTrusted(List<Refusal> refusals) -> …   // exit 4
 *     case LoadResult.Refused(List<HostRefusal> refusals) -> …  // exit 4
 *     case LoadResult.Planned(InstallPlan plan, …) -> …         // dry run
 *   }                                                           // IOException: exit 5
 * }
 * Planner.plan(policy)                                          // what `bundle create` signs
 * }</pre>
 */
@NullMarked
package dev.postern.loader;

import org.jspecify.annotations.NullMarked;
