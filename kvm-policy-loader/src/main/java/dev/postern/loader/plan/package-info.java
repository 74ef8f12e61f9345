/**
 * What is to be installed, as a pure function of the policy: {@link
 * dev.postern.loader.plan.Planner} makes an {@link dev.postern.loader.plan.InstallPlan}, whose
 * canonical JSON is signed into the bundle and made again on the host.
 */
@NullMarked
package dev.postern.loader.plan;

import org.jspecify.annotations.NullMarked;
