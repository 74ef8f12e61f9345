package dev.postern.signer.key;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Keys somebody was told to trust, by certificates and public keys in PEM. */
public final class PinnedKeys {

  /** No key at all. */
  public static final PinnedKeys NONE = new PinnedKeys(new TreeMap<>());

  private final SortedMap<String, PinnedKey> keys;

  private PinnedKeys(SortedMap<String, PinnedKey> keys) {
    this.keys = Collections.unmodifiableSortedMap(keys);
  }

  /** Every certificate and public key in some PEM files. */
  public static PinnedKeys read(List<byte[]> files) throws KeyException {
    SortedMap<String, PinnedKey> keys = new TreeMap<>();
    for (byte[] file : files) {
      for (PinnedKey key : pinned(file)) {
        keys.put(key.keyId(), key);
      }
    }
    if (keys.isEmpty()) {
      throw new KeyException("no key to trust");
    }
    return new PinnedKeys(keys);
  }

  public Optional<PinnedKey> key(String keyId) {
    return Optional.ofNullable(keys.get(keyId));
  }

  /** The ids, sorted. */
  public List<String> keyIds() {
    return List.copyOf(keys.keySet());
  }

  /** The keys, in the order of their ids. */
  public List<PinnedKey> keys() {
    return List.copyOf(keys.values());
  }

  private static List<PinnedKey> pinned(byte[] file) throws KeyException {
    List<PinnedKey> keys = new ArrayList<>();
    for (Pem pem : Pem.readAll(file)) {
      switch (pem.label()) {
        case Pem.CERTIFICATE -> keys.add(PinnedKey.of(certificate(pem.der().toArray())));
        case Pem.PUBLIC_KEY -> keys.add(PinnedKey.of(pem.der(), List.of()));
        default ->
            throw new KeyException(
                "PEM block " + pem.label() + " is neither a certificate nor a public key");
      }
    }
    return keys;
  }

  static X509Certificate certificate(byte[] der) throws KeyException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new KeyException("not an X.509 certificate");
    }
  }
}
