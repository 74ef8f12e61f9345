/**
 * The host side: takes a checked bundle, builds the paging structures it describes, reads them back
 * with independent code, installs them. Carries no solver, no parser of the language and no signing
 * code.
 *
 * <pre>{@code
 * LoadRequest request = new LoadRequest(bundleBytes, pinnedKeys, framesJson, allowPartial);
 * switch (Loader.dryRun(request)) { … }                       // prints the plan, changes nothing
 * switch (Loader.load(request, new ImageInstaller(outFile))) {
 *   case LoadResult.Installed(Receipt receipt) -> …           // exit 0
 *   case LoadResult.NotTrusted(List<Refusal> refusals) -> …   // exit 4
 *   case LoadResult.Refused(List<HostRefusal> refusals) -> …  // exit 4
 *   case LoadResult.Planned(InstallPlan plan) -> …            // dry run
 * }                                                           // IOException: exit 5
 * Planner.plan(policy)                                        // what `bundle create` signs as plan.json
 * }</pre>
 *
 * <p>Not here yet, and refused by name: the {@code kvm} backend, approvals by the host, rollback
 * state, composition with bundles already installed.
 */
@NullMarked
package dev.postern.loader;

import org.jspecify.annotations.NullMarked;
