package dev.postern.signer.bundle;

import dev.postern.model.Bytes;
import dev.postern.model.CodeImage;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.View;
import dev.postern.signer.statement.Predicate;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * An archive's members. Says nothing about trust: whoever acts on a bundle takes a {@code
 * CheckedBundle}.
 *
 * @param members name to content
 */
public record Bundle(SortedMap<String, Bytes> members) {

  public static final String MANIFEST = "manifest.json";
  public static final String POLICY = "payload/policy.json";
  public static final String SOURCE = "payload/policy.postern";
  public static final String PLAN = "payload/plan.json";
  public static final String REPORT = "evidence/report.json";

  static final String CODE = "payload/code/";
  static final String ATTACHMENTS = "payload/source/";
  static final String EVIDENCE = "evidence/";
  static final String SIGNATURES = "sig/";

  private static final Pattern SIGNATURE = Pattern.compile("sig/([0-9a-f]{64})\\.p7s");

  public Bundle {
    members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
  }

  /** Parses an archive. */
  public static Bundle read(byte[] archive) throws ArchiveException {
    return new Bundle(Ustar.read(archive));
  }

  public byte[] bytes() {
    return Ustar.write(members);
  }

  public Optional<Bytes> member(String name) {
    return Optional.ofNullable(members.get(name));
  }

  /** SHA-384 of the manifest, in lower-case hexadecimal: independent of who signed. */
  public String id() {
    return member(MANIFEST).map(Bundle::sha384).orElse("");
  }

  /** Key id to detached signature over the manifest. */
  public SortedMap<String, Bytes> signatures() {
    SortedMap<String, Bytes> signatures = new TreeMap<>();
    members.forEach(
        (name, content) -> signatureKey(name).ifPresent(key -> signatures.put(key, content)));
    return signatures;
  }

  /** Everything but manifest and signatures: what the manifest lists. */
  public SortedMap<String, Bytes> listed() {
    SortedMap<String, Bytes> listed = new TreeMap<>(members);
    listed.remove(MANIFEST);
    listed.keySet().removeIf(name -> signatureKey(name).isPresent());
    return listed;
  }

  /** What the predicate speaks of; the members must be there. */
  public Predicate.Files files() {
    return new Predicate.Files(
        member(SOURCE).orElseThrow(),
        member(REPORT).orElseThrow(),
        members.subMap(ATTACHMENTS, ATTACHMENTS + Character.MAX_VALUE));
  }

  /** This bundle with a signature more, or another of that key. */
  public Bundle withSignature(String keyId, Bytes signature) {
    return with(signatureName(keyId), signature);
  }

  /** This bundle as nobody has signed it. */
  public Bundle unsigned() {
    SortedMap<String, Bytes> rest = new TreeMap<>(members);
    rest.keySet().removeIf(name -> signatureKey(name).isPresent());
    return new Bundle(rest);
  }

  /** This bundle with one more member, or another content of it. */
  Bundle with(String name, Bytes content) {
    SortedMap<String, Bytes> more = new TreeMap<>(members);
    more.put(name, content);
    return new Bundle(more);
  }

  static String signatureName(String keyId) {
    return SIGNATURES + keyId + ".p7s";
  }

  private static Optional<String> signatureKey(String name) {
    var matcher = SIGNATURE.matcher(name);
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /** The pages of every mapping that ships content, as files. */
  public static SortedMap<String, Bytes> code(Policy policy) {
    SortedMap<String, Bytes> code = new TreeMap<>();
    for (View view : policy.views()) {
      for (Mapping mapping : view.mappings()) {
        Optional<CodeImage> image = mapping.image();
        if (image.isPresent()) {
          code.put(Bundle.codeName(view.name(), mapping.name()), image.get().bytes());
        }
      }
    }
    return code;
  }

  /** The evidence, by name; {@code report.json} is part of it. */
  public SortedMap<String, Bytes> evidence() {
    SortedMap<String, Bytes> evidence = new TreeMap<>();
    members
        .subMap(EVIDENCE, EVIDENCE + Character.MAX_VALUE)
        .forEach((name, content) -> evidence.put(name.substring(EVIDENCE.length()), content));
    return evidence;
  }

  /** The members that hold code. */
  public SortedMap<String, Bytes> code() {
    return members.subMap(CODE, CODE + Character.MAX_VALUE);
  }

  /**
   * The file of a mapping's code: percent-encoded, so that distinct mappings have distinct files.
   */
  public static String codeName(String view, String mapping) {
    return CODE + encode(view).replace(".", "%2E") + "." + encode(mapping) + ".bin";
  }

  /** {@code text} as one segment of a member name. */
  static String encode(String text) {
    StringBuilder out = new StringBuilder();
    for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || ((c == '.' || c == '-' || c == '+') && !out.isEmpty());
      if (plain) {
        out.append(c);
      } else {
        out.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return out.toString();
  }

  /** SHA-384 in lower-case hexadecimal. */
  public static String sha384(Bytes content) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-384").digest(content.toArray()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-384", e);
    }
  }
}
