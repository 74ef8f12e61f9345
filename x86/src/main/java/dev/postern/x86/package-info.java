/**
 * The x86-64 machine: one table of instruction forms and, beside it, what each mnemonic means.
 *
 * <p>Start at {@link dev.postern.x86.Decoder}: bytes become an {@link dev.postern.x86.Instruction}
 * in one of three modes, or a named reason why not. {@link dev.postern.x86.Semantics} then says
 * what an instruction does, once, over any {@link dev.postern.x86.Algebra}: concrete bits for
 * replay and for comparison with the real CPU, symbolic terms for proof. Encoder, assembler and
 * disassembler read the same table.
 *
 * <p>What it refuses: everything that is not a row of the table is {@code Unsupported}, and callers
 * must answer <em>unknown</em> for it, never <em>proved</em>.
 */
@NullMarked
package dev.postern.x86;

import org.jspecify.annotations.NullMarked;
