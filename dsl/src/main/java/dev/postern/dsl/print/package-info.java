/**
 * From {@link dev.postern.model.Policy} back to text: everything written out, nothing left to a
 * default, so that parsing it gives the same policy.
 */
@NullMarked
package dev.postern.dsl.print;

import org.jspecify.annotations.NullMarked;
