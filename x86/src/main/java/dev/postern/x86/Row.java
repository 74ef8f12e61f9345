package dev.postern.x86;

/** A row of the table: a form the machine knows, or a refusal with its reason. */
sealed interface Row permits Form, Refusal {

  Pattern pattern();

  boolean validIn(Mode mode);
}
