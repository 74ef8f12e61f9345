package dev.postern.bench.evidence;

import dev.postern.dsl.SourceReader;
import dev.postern.model.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The vhost example in fragments: the source's memory has as many further slots, which its default
 * view maps, and the destination approves as many further ranges; each a page, none beside another.
 */
final class ManyRanges implements SourceReader {

  private final int ranges;

  ManyRanges(int ranges) {
    this.ranges = ranges;
  }

  @Override
  public Answer read(Path path, int limit) {
    Answer answer = SourceReader.FILES.read(path, limit);
    if (!path.toString().endsWith(".postern") || !(answer instanceof Answer.Found(Bytes text))) {
      return answer;
    }
    StringBuilder approvals = new StringBuilder();
    StringBuilder slots = new StringBuilder();
    for (int i = 0; i < ranges; i++) {
      long apart = 0x2000L * i;
      approvals.append("        page%d at 0x%x size 4KiB rw%n".formatted(i, 0x1000_0000L + apart));
      slots.append("    memory slot%d 0x%x size 4KiB%n".formatted(i, 0x4000_0000L + apart));
    }
    String more =
        new String(text.toArray(), StandardCharsets.UTF_8)
            .replace("        rx-avail   at", approvals + "        rx-avail   at")
            .replaceFirst("memory ram 0 size 2GiB", "memory ram 0 size 1GiB\n" + slots);
    return new Answer.Found(Bytes.of(more.getBytes(StandardCharsets.UTF_8)));
  }
}
