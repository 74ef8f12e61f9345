/**
 * Machine code before it is placed: a {@link dev.postern.dsl.code.CodeUnit} of named sections, with
 * symbols and relocations, wherever it came from. {@link dev.postern.dsl.code.Linker} makes the
 * bytes that ship of a section, once it is known at which linear address each section of the unit
 * stands.
 */
@NullMarked
package dev.postern.dsl.code;

import org.jspecify.annotations.NullMarked;
