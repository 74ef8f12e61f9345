/**
 * A policy and its report as one page for people: {@link
 * dev.postern.verifier.report.html.HtmlReport}. No script, no font, nothing from outside;
 * printable; what a colour says, a letter or a word says too.
 */
@NullMarked
package dev.postern.verifier.report.html;

import org.jspecify.annotations.NullMarked;
