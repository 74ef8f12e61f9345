package dev.postern.signer.statement;

import dev.postern.json.JsonException;
import dev.postern.json.Members;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/** Moments in documents: RFC 3339 in UTC, whole seconds, {@code 2026-01-31T00:00:00Z}. */
public final class Instants {

  private static final Pattern FORM = Pattern.compile("\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z");

  private Instants() {}

  public static String text(Instant instant) {
    return instant.toString();
  }

  /** The moment {@code text} names in its one spelling. */
  public static Optional<Instant> parse(String text) {
    try {
      return FORM.matcher(text).matches()
          ? Optional.of(Instant.parse(text)).filter(instant -> text(instant).equals(text))
          : Optional.empty();
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  public static Instant take(Members in, String name) throws JsonException {
    Optional<Instant> instant = parse(in.text(name));
    if (instant.isEmpty()) {
      throw in.refuse(name, "expected a moment like 2026-01-31T00:00:00Z");
    }
    return instant.get();
  }

  public static Optional<Instant> optional(Members in, String name) throws JsonException {
    return in.has(name) ? Optional.of(take(in, name)) : Optional.empty();
  }
}
