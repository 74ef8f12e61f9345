package dev.postern.x86;

import java.util.ArrayList;
import java.util.List;

/**
 * The whole table: the first row that matches decides. Refusals come last, except where a form
 * would cover them.
 */
final class Forms {

  private Forms() {}

  static final List<List<Row>> FAMILIES =
      List.of(
          FormsMove.ROWS,
          FormsArithmetic.ROWS,
          FormsBits.ROWS,
          FormsFlow.ROWS,
          FormsString.ROWS,
          FormsSystem.ROWS,
          FormsForeign.ROWS,
          FormsRefused.ROWS);

  /** Every row, in the order in which decoding consults them. */
  static final List<Row> ROWS = concatenate();

  private static List<Row> concatenate() {
    List<Row> rows = new ArrayList<>();
    FAMILIES.forEach(rows::addAll);
    return List.copyOf(rows);
  }
}
