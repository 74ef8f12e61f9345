package dev.postern.x86;

/**
 * A row of the table: a form the machine knows, one of which it knows the memory access, or a
 * refusal with its reason.
 */
sealed interface Row permits Form, ForeignForm, Refusal {

  Pattern pattern();

  boolean validIn(Mode mode);
}
