package dev.postern.signer.key;

import dev.postern.model.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidParameterException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.ProviderException;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A PKCS#11 token through the JDK's SunPKCS11. Keys are made on it, sensitive and not extractable,
 * and never leave it. The provider is used by name and not registered: nothing else in the process
 * signs with it by accident.
 */
public final class Token {

  /** What may stand in the provider's configuration, which has quotes and escapes of its own. */
  private static final Pattern LIBRARY = Pattern.compile("/[A-Za-z0-9._/+-]+");

  private static final Pattern ALIAS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private final Provider provider;
  private final KeyStore store;

  private Token(Provider provider, KeyStore store) {
    this.provider = provider;
    this.store = store;
  }

  /**
   * Logs in.
   *
   * @param library the vendor's PKCS#11 library
   * @param slot which of the slots that hold a token, from 0
   */
  public static Token open(Path library, int slot, Passphrase pin) throws KeyException {
    String file = library.toAbsolutePath().normalize().toString();
    if (!LIBRARY.matcher(file).matches() || !Files.isRegularFile(library)) {
      throw new KeyException(library + " is not a PKCS#11 library");
    }
    if (slot < 0) {
      throw new KeyException("slots are counted from 0");
    }
    try {
      Provider provider =
          Security.getProvider("SunPKCS11")
              .configure(
                  "--name = postern-"
                      + slot
                      + "\nlibrary = "
                      + file
                      + "\nslotListIndex = "
                      + slot
                      + "\nattributes(generate, CKO_PRIVATE_KEY, *) = {\n"
                      + "CKA_SENSITIVE = true\nCKA_EXTRACTABLE = false\n}\n");
      KeyStore store = KeyStore.getInstance("PKCS11", provider);
      store.load(null, pin.characters());
      return new Token(provider, store);
    } catch (InvalidParameterException | ProviderException | GeneralSecurityException e) {
      throw new KeyException("the token in slot " + slot + " cannot be used: " + reason(e));
    } catch (IOException e) {
      throw new KeyException("the token in slot " + slot + " refuses the PIN");
    }
  }

  /** Aliases of the keys that can sign, sorted. */
  public List<String> aliases() throws KeyException {
    try {
      List<String> aliases = new ArrayList<>();
      for (String alias : Collections.list(store.aliases())) {
        if (store.isKeyEntry(alias)) {
          aliases.add(alias);
        }
      }
      Collections.sort(aliases);
      return aliases;
    } catch (GeneralSecurityException e) {
      throw new KeyException("the token's keys cannot be listed: " + reason(e));
    }
  }

  /** The key called {@code alias}. */
  public OperatorKey key(String alias) throws KeyException {
    try {
      if (store.getKey(alias, null) instanceof PrivateKey key
          && store.getCertificate(alias) instanceof X509Certificate certificate) {
        Algorithm algorithm = PublicKeys.require(certificate.getPublicKey().getEncoded());
        return OperatorKey.of(new Hand(key, algorithm, provider), certificate);
      }
    } catch (GeneralSecurityException e) {
      throw new KeyException("the token's key cannot be used: " + reason(e));
    }
    throw new KeyException("no key " + alias + " on the token");
  }

  /** Makes a key on the token, with its certificate. Never overwrites one. */
  public OperatorKey generate(
      String alias, String name, Algorithm algorithm, Instant notBefore, Instant notAfter)
      throws KeyException {
    if (!ALIAS.matcher(alias).matches()) {
      throw new KeyException("a key on a token is called by 1 to 64 letters, digits and . _ -");
    }
    try {
      if (store.containsAlias(alias)) {
        throw new KeyException("the token has a key " + alias + "; a key is never overwritten");
      }
      KeyPairGenerator generator = generator(algorithm);
      KeyPair pair = generator.generateKeyPair();
      OperatorKey key =
          OperatorKey.issue(
              name,
              Bytes.of(pair.getPublic().getEncoded()),
              new Hand(pair.getPrivate(), algorithm, provider),
              notBefore,
              notAfter);
      store.setKeyEntry(alias, pair.getPrivate(), null, new Certificate[] {key.certificate()});
      return key(alias);
    } catch (GeneralSecurityException | ProviderException e) {
      throw new KeyException("the token makes no key: " + reason(e));
    }
  }

  private KeyPairGenerator generator(Algorithm algorithm)
      throws GeneralSecurityException, KeyException {
    return switch (algorithm) {
      case ECDSA_P384 -> {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(new ECGenParameterSpec("secp384r1"));
        yield generator;
      }
      case RSA_PSS_3072 -> {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA", provider);
        generator.initialize(3072);
        yield generator;
      }
      case ML_DSA_65, ML_DSA_87, SLH_DSA_SHA2_192S ->
          throw new KeyException(
              "PKCS#11 tokens make no "
                  + algorithm.word()
                  + " keys yet; hint: a key file, or bundle tbs and attach");
    };
  }

  private static String reason(Exception e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }

  /** Signs on the token. */
  private record Hand(PrivateKey key, Algorithm algorithm, Provider provider)
      implements OperatorKey.Hand {

    @Override
    public byte[] sign(byte[] message) throws KeyException {
      return switch (algorithm) {
        case ECDSA_P384 -> sign("SHA384withECDSA", message);
        case RSA_PSS_3072 -> sign("RSASSA-PSS", message);
        case ML_DSA_65, ML_DSA_87, SLH_DSA_SHA2_192S ->
            throw new KeyException("the token does not sign with " + algorithm.word());
      };
    }

    @Override
    public byte[] signSha256(byte[] message) throws KeyException {
      return sign("SHA256withECDSA", message);
    }

    @Override
    public byte[] pkcs8() throws KeyException {
      throw new KeyException("the key does not leave its token");
    }

    private byte[] sign(String scheme, byte[] message) throws KeyException {
      try {
        Signature signature = Signature.getInstance(scheme, provider);
        if (algorithm == Algorithm.RSA_PSS_3072) {
          signature.setParameter(dev.postern.signer.cms.SignatureCheck.PSS);
        }
        signature.initSign(key);
        signature.update(message);
        return signature.sign();
      } catch (GeneralSecurityException | ProviderException e) {
        throw new KeyException("the token does not sign: " + reason(e));
      }
    }
  }
}
