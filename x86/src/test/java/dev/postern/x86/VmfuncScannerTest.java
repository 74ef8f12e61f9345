package dev.postern.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VmfuncScannerTest {

  private static final int PAGE = 4096;

  /** The definition, word for word: security model §0, Enc(b, i). */
  private static boolean encodes(byte[] b, int i) {
    boolean classic =
        i + 3 <= b.length
            && (b[i] & 0xFF) == 0x0F
            && (b[i + 1] & 0xFF) == 0x01
            && (b[i + 2] & 0xFF) == 0xD4;
    boolean rex2 =
        i + 4 <= b.length
            && (b[i] & 0xFF) == 0xD5
            && (b[i + 1] & 0xFF) >= 0x80
            && (b[i + 2] & 0xFF) == 0x01
            && (b[i + 3] & 0xFF) == 0xD4;
    return classic || rex2;
  }

  private static int[] naive(byte[] bytes) {
    List<Integer> sites = new ArrayList<>();
    for (int i = 0; i < bytes.length; i++) {
      if (encodes(bytes, i)) {
        sites.add(i);
      }
    }
    return sites.stream().mapToInt(Integer::intValue).toArray();
  }

  private static byte[] page() {
    byte[] page = new byte[PAGE];
    Arrays.fill(page, (byte) 0xCC);
    return page;
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "0F 01 D4, 0",
    "0F 01 D4 0F 01 D4, 0 3",
    "D5 80 01 D4, 0",
    "D5 FF 01 D4, 0",
    "D5 00 01 D4, ''",
    "D5 7F 01 D4, ''",
    "0F 01 D5, ''",
    "66 0F 01 D4, 1",
    "F0 0F 01 D4, 1",
    "D5 D5 80 01 D4, 1",
    "D5 0F 01 D4, 1",
    "0F 0F 01 D4 01 D4, 1",
    "48 B8 0F 01 D4 90 90 90 90 90, 2",
    "B8 D5 80 01 D4, 1",
    "01 D4, ''",
    "80 01 D4, ''",
    "D4, ''",
    "'', ''",
  })
  void encodings(String hex, String expected) {
    int[] sites =
        expected.isEmpty()
            ? new int[0]
            : Arrays.stream(expected.split(" ")).mapToInt(Integer::parseInt).toArray();
    assertThat(VmfuncScanner.sites(bytes(hex))).containsExactly(sites);
  }

  @Test
  void everyPayloadOfRex2() {
    for (int payload = 0; payload < 256; payload++) {
      byte[] code = {(byte) 0xD5, (byte) payload, 0x01, (byte) 0xD4};
      int[] expected =
          payload >= 0x80
              ? new int[] {0}
              : payload == 0x0F ? new int[] {1} : new int[0]; // D5 [0F 01 D4]
      assertThat(VmfuncScanner.sites(code)).containsExactly(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({"0F 01 D4", "D5 80 01 D4"})
  void everyOffsetOfAPage(String hex) {
    byte[] code = bytes(hex);
    for (int offset = 0; offset < PAGE; offset++) {
      byte[] page = page();
      int fits = Math.min(code.length, PAGE - offset);
      System.arraycopy(code, 0, page, offset, fits);
      int[] expected = fits == code.length ? new int[] {offset} : new int[0];
      assertThat(VmfuncScanner.sites(page)).as("offset %s", offset).containsExactly(expected);
      if (fits == code.length) {
        assertThat(VmfuncScanner.length(page, offset)).isEqualTo(code.length);
      }
    }
  }

  /** What the scanner calls an encoding decodes to VMFUNC of that length, and nothing else does. */
  @Test
  void agreesWithTheDecoder() {
    SplittableRandom random = new SplittableRandom(7);
    byte[] alphabet = bytes("0F 01 D4 D5 80 7F FF D4 01 0F");
    for (int round = 0; round < 200_000; round++) {
      byte[] code = new byte[4];
      for (int i = 0; i < 4; i++) {
        code[i] = alphabet[random.nextInt(alphabet.length)];
      }
      Decoded decoded = Decoder.decode(code, 0, 4, Mode.BITS64);
      boolean vmfunc = decoded instanceof Instruction i && i.mnemonic() == Mnemonic.VMFUNC;
      int[] sites = VmfuncScanner.sites(code);
      assertThat(sites.length > 0 && sites[0] == 0)
          .as(HexFormat.of().formatHex(code))
          .isEqualTo(vmfunc);
      if (vmfunc) {
        assertThat(((Instruction) decoded).length()).isEqualTo(VmfuncScanner.length(code, 0));
      }
    }
  }

  @Test
  void crossingsOfAnEdge() {
    assertThat(VmfuncScanner.crossing(bytes("C3 C3 0F"), bytes("01 D4 90"))).containsExactly(2);
    assertThat(VmfuncScanner.crossing(bytes("90 0F 01"), bytes("D4 90 90"))).containsExactly(1);
    assertThat(VmfuncScanner.crossing(bytes("D5 80 01"), bytes("D4 90 90"))).containsExactly(0);
    assertThat(VmfuncScanner.crossing(bytes("90 90 D5"), bytes("FF 01 D4"))).containsExactly(2);
    assertThat(VmfuncScanner.crossing(bytes("0F 01 D4"), bytes("0F 01 D4"))).isEmpty();
    assertThat(VmfuncScanner.crossing(bytes("CC CC CC"), bytes("01 D4 D4"))).isEmpty();
  }

  /**
   * All edges over the bytes that matter, against the definition on the joined bytes; and a tail or
   * head by itself is suspect exactly if some other half completes it.
   */
  @Test
  void crossingsAreExactlyTheSitesOfTheJoinedPagesThatStraddle() {
    List<byte[]> halves = halves(bytes("0F 01 D4 D5 7F 80 CC"));
    boolean[] ends = new boolean[halves.size()];
    for (byte[] tail : halves) {
      boolean begins = false;
      for (int i = 0; i < halves.size(); i++) {
        byte[] joined = Arrays.copyOf(tail, 6);
        System.arraycopy(halves.get(i), 0, joined, 3, 3);
        List<Integer> expected = new ArrayList<>();
        for (int site : naive(joined)) {
          if (site < 3 && site + (joined[site] == 0x0F ? 3 : 4) > 3) {
            expected.add(site);
          }
        }
        begins |= !expected.isEmpty();
        ends[i] |= !expected.isEmpty();
        List<Integer> crossing = VmfuncScanner.crossing(tail, halves.get(i));
        if (!crossing.equals(expected)) {
          assertThat(crossing).as(HexFormat.of().formatHex(joined)).isEqualTo(expected);
        }
      }
      assertThat(VmfuncScanner.mayBegin(tail)).as(HexFormat.of().formatHex(tail)).isEqualTo(begins);
    }
    for (int i = 0; i < ends.length; i++) {
      assertThat(VmfuncScanner.mayEnd(halves.get(i)))
          .as(HexFormat.of().formatHex(halves.get(i)))
          .isEqualTo(ends[i]);
    }
  }

  private static List<byte[]> halves(byte[] alphabet) {
    List<byte[]> halves = new ArrayList<>();
    for (byte a : alphabet) {
      for (byte b : alphabet) {
        for (byte c : alphabet) {
          halves.add(new byte[] {a, b, c});
        }
      }
    }
    return halves;
  }

  /** Pages of random bytes, of an alphabet rich in encodings, and of every length. */
  @Test
  void agreesWithTheDefinitionOnRandomPages() {
    SplittableRandom random = new SplittableRandom(11);
    byte[] alphabet = bytes("0F 01 D4 D5 80 FF 7F CC");
    for (int round = 0; round < 2_000; round++) {
      byte[] page = new byte[round % 300 + (round % 2 == 0 ? PAGE - 300 : 0)];
      random.nextBytes(page);
      if (round % 4 < 2) {
        for (int i = 0; i < page.length; i++) {
          page[i] = alphabet[page[i] & 7];
        }
      }
      assertThat(VmfuncScanner.sites(page)).containsExactly(naive(page));
    }
  }

  /** 10^6 planted sequences, none missed. */
  @Test
  @Tag("slow")
  void aMillionPlantedSequences() {
    SplittableRandom random = new SplittableRandom(13);
    int planted = 0;
    while (planted < 1_000_000) {
      byte[] page = new byte[PAGE];
      random.nextBytes(page);
      for (int i = 0; i < 50; i++) {
        byte[] code =
            random.nextBoolean()
                ? bytes("0F01D4")
                : new byte[] {(byte) 0xD5, (byte) (0x80 | random.nextInt(128)), 0x01, (byte) 0xD4};
        int offset =
            switch (random.nextInt(8)) {
              case 0 -> 0;
              case 1 -> PAGE - code.length;
              default -> random.nextInt(PAGE - code.length + 1);
            };
        System.arraycopy(code, 0, page, offset, code.length);
      }
      int[] expected = naive(page);
      planted += expected.length;
      assertThat(VmfuncScanner.sites(page)).containsExactly(expected);
    }
  }
}
