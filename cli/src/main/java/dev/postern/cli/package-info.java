/**
 * The command line. Start at {@link dev.postern.cli.Main}; one class a subcommand, listed in {@link
 * dev.postern.cli.Subcommands}.
 *
 * <p>Wording rules, for everything a person reads: lower case; the place first, then the fact, then
 * {@code hint:}; one line for one problem; no class names and no stack traces. Errors go to
 * standard error and results to standard output, both through {@link dev.postern.cli.Terminal},
 * which alone prints. How a command ended is an {@link dev.postern.cli.ExitStatus}.
 */
@NullMarked
package dev.postern.cli;

import org.jspecify.annotations.NullMarked;
