package dev.postern.signer.key;

import dev.postern.model.Bytes;
import dev.postern.signer.file.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.util.Arrays;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;

/**
 * A key as two files: {@code NAME}, encrypted PKCS#8 in PEM, mode 0600, and {@code NAME.crt}, the
 * certificate in PEM. PBES2 with PBKDF2-HMAC-SHA-512 and AES-256-CBC, which openssl reads too.
 */
public final class KeyFiles {

  private static final String SCHEME = "PBEWithHmacSHA512AndAES_256";
  private static final int ITERATIONS = 210_000; // OWASP's figure for HMAC-SHA-512
  private static final int SALT_BYTES = 16;
  private static final int IV_BYTES = 16;
  private static final int MAX_BYTES = 64 << 10;
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private KeyFiles() {}

  /** The certificate's file of the key in {@code file}. */
  public static Path certificateOf(Path file) {
    return file.resolveSibling(file.getFileName() + ".crt");
  }

  /** Writes both files; refuses to replace a key. */
  public static void write(Path file, OperatorKey key, Passphrase passphrase)
      throws IOException, KeyException {
    requireFree(file);
    requireFree(certificateOf(file));
    // The private key last: where it stands, its certificate stands too.
    writeCertificate(certificateOf(file), key);
    byte[] secret = new Pem(Pem.ENCRYPTED_PRIVATE_KEY, Bytes.of(encrypt(key, passphrase))).write();
    AtomicFile.write(file, secret, AtomicFile.SECRET);
  }

  /** Refuses where something is already. */
  public static void requireFree(Path file) throws KeyException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new KeyException(file + " exists; a key is never overwritten");
    }
  }

  /** The certificate alone, where the key is on a token. */
  public static void writeCertificate(Path file, OperatorKey key) throws IOException {
    AtomicFile.write(file, certificate(key), AtomicFile.SHARED);
  }

  /** Reads both files. */
  public static OperatorKey read(Path file, Passphrase passphrase)
      throws IOException, KeyException {
    if (!java.util.Collections.disjoint(
        Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS), OTHERS)) {
      throw new KeyException(file + " is open to others; expected mode 0600");
    }
    byte[] encrypted = Pem.readOne(AtomicFile.read(file, MAX_BYTES), Pem.ENCRYPTED_PRIVATE_KEY);
    byte[] certificate =
        Pem.readOne(AtomicFile.read(certificateOf(file), MAX_BYTES), Pem.CERTIFICATE);
    byte[] clear = decrypt(encrypted, passphrase);
    try {
      return OperatorKey.of(clear, PinnedKeys.certificate(certificate));
    } finally {
      Arrays.fill(clear, (byte) 0);
    }
  }

  private static byte[] certificate(OperatorKey key) {
    try {
      return new Pem(Pem.CERTIFICATE, Bytes.of(key.certificate().getEncoded())).write();
    } catch (CertificateEncodingException e) {
      throw new AssertionError("a certificate we hold encodes", e);
    }
  }

  private static byte[] encrypt(OperatorKey key, Passphrase passphrase) throws KeyException {
    SecureRandom random = new SecureRandom();
    byte[] salt = new byte[SALT_BYTES];
    byte[] iv = new byte[IV_BYTES];
    random.nextBytes(salt);
    random.nextBytes(iv);
    byte[] clear = key.pkcs8();
    try {
      Cipher cipher = Cipher.getInstance(SCHEME);
      cipher.init(
          Cipher.ENCRYPT_MODE,
          secret(SCHEME, passphrase),
          new PBEParameterSpec(salt, ITERATIONS, new IvParameterSpec(iv)));
      // The cipher calls its parameters by the scheme, which no object identifier has.
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("PBES2");
      parameters.init(cipher.getParameters().getEncoded());
      return new EncryptedPrivateKeyInfo(parameters, cipher.doFinal(clear)).getEncoded();
    } catch (GeneralSecurityException | IOException e) {
      throw new AssertionError("every JDK has " + SCHEME, e);
    } finally {
      Arrays.fill(clear, (byte) 0);
    }
  }

  private static byte[] decrypt(byte[] encrypted, Passphrase passphrase) throws KeyException {
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(encrypted);
      AlgorithmParameters parameters = info.getAlgParameters();
      if (parameters == null) {
        throw new KeyException("the private key is not encrypted with PBES2");
      }
      // For PBES2 the parameters' name is the whole scheme: "PBEWithHmacSHA512AndAES_256".
      String scheme = parameters.toString();
      Cipher cipher = Cipher.getInstance(scheme);
      cipher.init(Cipher.DECRYPT_MODE, secret(scheme, passphrase), parameters);
      return cipher.doFinal(info.getEncryptedData());
    } catch (IOException e) {
      throw new KeyException("not an encrypted PKCS#8 key");
    } catch (GeneralSecurityException e) {
      throw new KeyException("wrong passphrase, or a damaged key file");
    }
  }

  private static SecretKey secret(String scheme, Passphrase passphrase)
      throws GeneralSecurityException {
    PBEKeySpec spec = new PBEKeySpec(passphrase.characters());
    try {
      return SecretKeyFactory.getInstance(scheme).generateSecret(spec);
    } finally {
      spec.clearPassword();
    }
  }
}
