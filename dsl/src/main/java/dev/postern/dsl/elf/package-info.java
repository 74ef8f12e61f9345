/**
 * Reads ELF objects that nobody vouches for: every offset, size, count and index is checked against
 * the file before it is used, and tables that overlap or contradict each other are refused.
 */
@NullMarked
package dev.postern.dsl.elf;

import org.jspecify.annotations.NullMarked;
