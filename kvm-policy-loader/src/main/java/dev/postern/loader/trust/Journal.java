package dev.postern.loader.trust;

import dev.postern.json.Json;
import dev.postern.json.JsonException;
import dev.postern.json.JsonLimits;
import dev.postern.json.JsonReader;
import dev.postern.json.JsonWriter;
import dev.postern.json.Members;
import dev.postern.loader.disk.Disk;
import dev.postern.model.Bytes;
import dev.postern.signer.file.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Every decision, one line of canonical JSON each, appended and never changed. A line holds its
 * number and the SHA-256 of the line before, so one that is changed, left out or moved breaks the
 * chain at its place. What follows the last newline was never finished and is cut off.
 */
public final class Journal {

  /** Value of the member {@code schema}. */
  public static final String SCHEMA = "postern.journal/1";

  /** Some hundred thousand decisions; a longer one is put aside by the administrator. */
  private static final int LIMIT = 64 << 20;

  /** How far a clock that is kept right may be set back. */
  private static final Duration STEP = Duration.ofMinutes(5);

  /**
   * A line.
   *
   * @param number from 1
   * @param time when, by the host's clock
   */
  public record Entry(long number, Instant time, Event event, String sha256) {}

  private final Path file;
  private final Disk disk;
  private final InstantSource clock;
  private final List<Entry> entries = new ArrayList<>();
  private boolean torn;
  private long length;

  private Journal(Path file, Disk disk, InstantSource clock) {
    this.file = file;
    this.disk = disk;
    this.clock = clock;
  }

  /**
   * Reads and checks the whole chain. Changes nothing: a torn line goes when the next is written.
   */
  static Journal open(Path file, Disk disk, InstantSource clock)
      throws StateException, IOException {
    Journal journal = new Journal(file, disk, clock);
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      byte[] bytes = AtomicFile.read(file, LIMIT);
      int start = 0;
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] == '\n') {
          journal.read(Arrays.copyOfRange(bytes, start, i));
          start = i + 1;
        }
      }
      journal.torn = start < bytes.length;
      journal.length = start;
    }
    return journal;
  }

  private void read(byte[] line) throws StateException {
    long number = entries.size() + 1L;
    try {
      Members in = Members.of(JsonReader.parse(line, JsonLimits.DEFAULT), "");
      in.constant("schema", SCHEMA);
      if (in.number("number") != number) {
        throw in.refuse("number", "expected " + number);
      }
      in.constant("previous", head().sha256());
      Instant time = Instant.ofEpochSecond(in.number("time"));
      Event event = Event.read(in);
      in.end();
      if (!Arrays.equals(line, line(number, head().sha256(), time, event))) {
        throw in.refuse("", "not in canonical form");
      }
      entries.add(new Entry(number, time, event, Bytes.of(line).sha256()));
    } catch (JsonException | IllegalArgumentException | java.time.DateTimeException e) {
      throw new StateException(
          StateException.Kind.STATE_BROKEN, "journal line " + number + ": " + e.getMessage());
    }
  }

  private static byte[] line(long number, String previous, Instant time, Event event) {
    Json.Builder line =
        Json.object()
            .put("schema", SCHEMA)
            .put("number", number)
            .put("previous", previous)
            .put("time", time.getEpochSecond());
    event.json().build().members().forEach(line::put);
    byte[] canonical = JsonWriter.canonical(line.build());
    return canonical[canonical.length - 1] == '\n'
        ? Arrays.copyOf(canonical, canonical.length - 1)
        : canonical;
  }

  /** All lines, oldest first. */
  public List<Entry> entries() {
    return List.copyOf(entries);
  }

  /**
   * The latest time of any line, if the clock shows an earlier one. What was refused meanwhile is
   * written down with the wrong time and changes nothing: all lines count.
   */
  Optional<Instant> clockBehind() {
    Instant now = clock.instant();
    return entries.stream()
        .map(Entry::time)
        .max(Comparator.naturalOrder())
        .filter(latest -> now.isBefore(latest.minus(STEP)));
  }

  /** Where the chain ends now. */
  State.Head head() {
    return head(entries.size());
  }

  /** Where the chain ended after so many entries. */
  State.Head head(int count) {
    return count == 0 ? State.Head.NONE : new State.Head(count, entries.get(count - 1).sha256());
  }

  /** Adds a line, durable when this returns. */
  void append(Event event) throws IOException {
    if (torn) {
      disk.truncate(file, length);
      torn = false;
    }
    long number = entries.size() + 1L;
    Instant time = clock.instant();
    byte[] line = line(number, head().sha256(), time, event);
    byte[] whole = Arrays.copyOf(line, line.length + 1);
    whole[line.length] = '\n';
    torn = true; // until it is known to be whole
    disk.append(file, whole, AtomicFile.SECRET);
    disk.sync(file);
    if (number == 1) {
      disk.syncDirectory(Disk.directoryOf(file));
    }
    torn = false;
    length += whole.length;
    entries.add(
        new Entry(
            number, Instant.ofEpochSecond(time.getEpochSecond()), event, Bytes.of(line).sha256()));
  }
}
