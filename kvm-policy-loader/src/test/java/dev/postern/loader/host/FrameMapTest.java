package dev.postern.loader.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.json.JsonException;
import dev.postern.loader.Samples;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the host says is read strictly, and no frame is anybody's twice. */
class FrameMapTest {

  private static final String GOOD =
      """
      {"schema": "postern.frames/1",
       "regions": [{"vm": "fw", "region": "ram", "offset": "0x0", "host": "0x100000", "size": "0x4000"}],
       "loader": [{"host": "0x200000", "size": "0x10000"}],
       "tables": [{"host": "0x300000", "size": "0x10000"}]}
      """;

  @Test
  void readAndWritten() throws JsonException {
    FrameMap map = read(GOOD);
    assertThat(map.regions()).hasSize(1);
    assertThat(FrameMap.read(map.canonical())).isEqualTo(map);
    assertThat(FrameMap.read(Samples.frames().canonical())).isEqualTo(Samples.frames());
  }

  @Test
  void theExamplesHostIsOne() throws Exception {
    Path file = Path.of(System.getProperty("postern.root"), "examples", "vhost-tx", "frames.json");
    assertThat(FrameMap.read(Files.readAllBytes(file)).regions())
        .extracting(FrameMap.Region::vm)
        .containsExactly("fw", "nat", "nat");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0x200000 | 0x103000 | document: host frame 0x103000 is in two places of the frame map
          0x200000 | 0x30f000 | document: host frame 0x30f000 is in two places of the frame map
          0x200000 | 0x200800 | document: an extent is whole 4-KiB frames
          0x200000 | 0xffffffffffff0000 | document: an extent lies beyond 52 physical-address bits
          0x200000 | 0x7fffffffffff0000 | document: an extent lies beyond 52 physical-address bits
          0x200000 | 0x00300000 | /loader/0/host: expected a 64-bit value as 0x and lower-case hexadecimal digits
          0x200000 | 3145728 | /loader/0/host: expected a 64-bit value as 0x and lower-case hexadecimal digits
          "size": "0x10000"}],| "size": "0x0"}], | document: an extent is whole 4-KiB frames
          postern.frames/1 | postern.frames/2 | /schema: expected "postern.frames/1"
          "vm": "fw", | "vm": "fw", "x": 1, | /regions/0/x: unknown member
          "vm": "fw", | '' | /regions/0/vm: missing
          """)
  void refused(String from, String to, String message) {
    String text = GOOD.replace(from, to == null ? "" : to);
    assertThat(text).isNotEqualTo(GOOD);
    assertThatThrownBy(() -> read(text)).isInstanceOf(JsonException.class).hasMessage(message);
  }

  @Test
  void oneOffsetInTwoFrames() {
    String twice =
        GOOD.replace(
            "\"regions\": [",
            "\"regions\": [{\"vm\": \"fw\", \"region\": \"ram\", \"offset\": \"0x3000\","
                + " \"host\": \"0x400000\", \"size\": \"0x1000\"},");
    assertThatThrownBy(() -> read(twice))
        .isInstanceOf(JsonException.class)
        .hasMessage("document: fw.ram has two frames for one offset");
  }

  private static FrameMap read(String text) throws JsonException {
    return FrameMap.read(text.getBytes(StandardCharsets.UTF_8));
  }
}
