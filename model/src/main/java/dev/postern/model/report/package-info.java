/**
 * What the verifier answers: a {@link dev.postern.model.report.Report} of findings with verdicts,
 * counterexamples and evidence. Plain values, so that signer and loader can read them without the
 * verifier.
 */
@NullMarked
package dev.postern.model.report;

import org.jspecify.annotations.NullMarked;
