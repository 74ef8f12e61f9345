package dev.postern.signer.trust;

import dev.postern.model.Bytes;
import dev.postern.signer.bundle.ArchiveException;
import dev.postern.signer.bundle.Ustar;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Versions of {@code trust.json} with their signatures, one after the other, in an archive of the
 * same form as a bundle: {@code 00000002/trust.json}, {@code 00000002/sig/KEYID.p7s}. Says nothing
 * about trust; {@code TrustChecker} does.
 *
 * @param links by version
 */
public record TrustChain(SortedMap<Long, Link> links) {

  private static final Pattern NAME =
      Pattern.compile("([0-9]{8})/(?:(trust\\.json)|sig/([0-9a-f]{64})\\.p7s)");

  /**
   * One version.
   *
   * @param trust the file's bytes, which the signatures are over
   * @param signatures by key id
   */
  public record Link(Bytes trust, SortedMap<String, Bytes> signatures) {
    public Link {
      signatures = Collections.unmodifiableSortedMap(new TreeMap<>(signatures));
    }
  }

  public TrustChain {
    links = Collections.unmodifiableSortedMap(new TreeMap<>(links));
  }

  public static TrustChain read(byte[] archive) throws ArchiveException {
    SortedMap<Long, Bytes> trusts = new TreeMap<>();
    SortedMap<Long, SortedMap<String, Bytes>> signatures = new TreeMap<>();
    for (Map.Entry<String, Bytes> member : Ustar.read(archive).entrySet()) {
      Matcher name = NAME.matcher(member.getKey());
      if (!name.matches()) {
        throw new ArchiveException("member " + member.getKey() + " is none of a trust chain");
      }
      long version = Long.parseLong(name.group(1));
      if (name.group(2) != null) {
        trusts.put(version, member.getValue());
      } else {
        signatures
            .computeIfAbsent(version, _ -> new TreeMap<>())
            .put(String.valueOf(name.group(3)), member.getValue());
      }
    }
    if (trusts.isEmpty() || !trusts.keySet().containsAll(signatures.keySet())) {
      throw new ArchiveException("not a trust chain: a version without trust.json");
    }
    SortedMap<Long, Link> links = new TreeMap<>();
    trusts.forEach((version, trust) ->
        links.put(version, new Link(trust, signatures.getOrDefault(version, new TreeMap<>()))));
    return new TrustChain(links);
  }

  public byte[] bytes() {
    SortedMap<String, Bytes> members = new TreeMap<>();
    links.forEach((version, link) -> {
      String directory = "%08d/".formatted(version);
      members.put(directory + "trust.json", link.trust());
      link.signatures()
          .forEach((key, signature) -> members.put(directory + "sig/" + key + ".p7s", signature));
    });
    return Ustar.write(members);
  }

  /** This chain with one more version, or another signature for it. */
  public TrustChain with(long version, Link link) {
    SortedMap<Long, Link> more = new TreeMap<>(links);
    more.put(version, link);
    return new TrustChain(more);
  }
}
