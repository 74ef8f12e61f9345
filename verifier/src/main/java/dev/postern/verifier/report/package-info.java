/**
 * How {@linkplain dev.postern.model.report.Report reports} are shown, all of one {@link
 * dev.postern.verifier.report.Run} at a time. Start at {@link
 * dev.postern.verifier.report.ReportFormats#ALL}: one class a format, registered there; {@code
 * --format} and its help come from the list.
 *
 * <p>A format only renders. It decides no verdict, reads no file and knows no clock, so the same
 * report gives the same bytes. Text that comes from a policy is escaped before it can reach a
 * terminal, a workflow's log or a page: a policy is untrusted input, and a file name may hold an
 * escape sequence.
 */
@NullMarked
package dev.postern.verifier.report;

import org.jspecify.annotations.NullMarked;
