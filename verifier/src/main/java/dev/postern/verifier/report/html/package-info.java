/**
 * Pages for people: a policy and its report, {@link dev.postern.verifier.report.html.HtmlReport},
 * and what changed between two policies, {@link dev.postern.verifier.report.html.DiffPage}. No
 * script, no font, nothing from outside; printable; what a colour says, a letter or a word says
 * too.
 */
@NullMarked
package dev.postern.verifier.report.html;

import org.jspecify.annotations.NullMarked;
