/** cvc5 by its Java binding; also writes CPC proofs, which ethos checks. */
@NullMarked
package dev.postern.peer.cvc5;

import org.jspecify.annotations.NullMarked;
