/**
 * What a policy means: immutable values, no I/O, no foreign library.
 *
 * <p>Start at {@link dev.postern.model.Policy}. It is fully resolved: every view lists every
 * mapping with every leaf bit, the default view included, so that verifier, signer and loader see
 * the same thing and none of them knows a default. Code is the bytes that ship, padded to pages.
 *
 * <p>Constructors refuse what the SDM calls impossible (a misaligned leaf, an index over 511); what
 * is merely unsafe can be said, because the verifier must be able to refute it.
 */
@NullMarked
package dev.postern.model;

import org.jspecify.annotations.NullMarked;
