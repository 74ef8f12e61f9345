package dev.postern.signer.key;

import dev.postern.model.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One block of textual encoding (RFC 7468). */
record Pem(String label, Bytes der) {

  static final String CERTIFICATE = "CERTIFICATE";
  static final String PUBLIC_KEY = "PUBLIC KEY";
  static final String ENCRYPTED_PRIVATE_KEY = "ENCRYPTED PRIVATE KEY";

  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN ([A-Z0-9 ]{1,64})-----\\R([A-Za-z0-9+/=\\r\\n]*)-----END \\1-----");

  /** All blocks; text around them is comment, as openssl writes it. */
  static List<Pem> readAll(byte[] file) throws KeyException {
    List<Pem> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(new String(file, StandardCharsets.ISO_8859_1));
    while (matcher.find()) {
      try {
        blocks.add(
            new Pem(matcher.group(1), Bytes.of(Base64.getMimeDecoder().decode(matcher.group(2)))));
      } catch (IllegalArgumentException e) {
        throw new KeyException("PEM block " + matcher.group(1) + " is not base64");
      }
    }
    if (blocks.isEmpty()) {
      throw new KeyException("no PEM block");
    }
    return blocks;
  }

  /** The only block of a file, with this label. */
  static byte[] readOne(byte[] file, String label) throws KeyException {
    List<Pem> blocks = readAll(file);
    if (blocks.size() != 1 || !blocks.getFirst().label().equals(label)) {
      throw new KeyException("expected one PEM block " + label);
    }
    return blocks.getFirst().der().toArray();
  }

  byte[] write() {
    Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
    return ("-----BEGIN "
            + label
            + "-----\n"
            + lines.encodeToString(der.toArray())
            + "\n-----END "
            + label
            + "-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
