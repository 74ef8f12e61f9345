package dev.postern.signer.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.model.Bytes;
import dev.postern.signer.Samples;
import dev.postern.signer.bundle.Bundle;
import dev.postern.signer.bundle.Bundles;
import dev.postern.signer.bundle.Ustar;
import dev.postern.signer.key.OperatorKey;
import dev.postern.signer.key.PinnedKeys;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A good bundle is trusted; a bundle with one defect is refused for that defect. */
class BundleCheckerTest {

  private static final PinnedKeys PIN = pin(Samples.ALICE);

  @Test
  void aSignedBundleIsTrusted() throws Exception {
    Bundle bundle = Bundles.sign(Samples.unsigned(), Samples.ALICE);
    Check check = BundleChecker.check(bundle.bytes(), PIN);
    assertThat(check).isInstanceOf(Check.Trusted.class);
    CheckedBundle checked = ((Check.Trusted) check).bundle();
    assertThat(checked.id()).isEqualTo(bundle.id()).hasSize(96);
    assertThat(checked.signers()).containsExactly(Samples.ALICE.keyId());
    assertThat(checked.policy().name()).isEqualTo("fw-to-nat");
    assertThat(checked.partial()).isFalse();
  }

  @Test
  void theSameRequestGivesTheSameBytesAlsoSigned() throws Exception {
    byte[] first = Bundles.sign(Samples.unsigned(), Samples.ALICE).bytes();
    byte[] second = Bundles.sign(Samples.unsigned(), Samples.ALICE).bytes();
    assertThat(second).isEqualTo(first);
  }

  @Test
  void anyOneByteChangedAnywhereIsRefused() throws Exception {
    byte[] bytes = Bundles.sign(Samples.unsigned(), Samples.ALICE).bytes();
    for (int i = 0; i < bytes.length; i++) {
      byte before = bytes[i];
      bytes[i] ^= (byte) (1 << (i % 8));
      assertThat(BundleChecker.check(bytes, PIN))
          .as("byte %d", i)
          .isInstanceOf(Check.Refused.class);
      bytes[i] = before;
    }
    assertThat(BundleChecker.check(bytes, PIN)).isInstanceOf(Check.Trusted.class);
  }

  static PinnedKeys pin(OperatorKey key) {
    try {
      String pem =
          "-----BEGIN CERTIFICATE-----\n"
              + Base64.getMimeEncoder().encodeToString(key.certificate().getEncoded())
              + "\n-----END CERTIFICATE-----\n";
      return PinnedKeys.read(List.of(pem.getBytes(StandardCharsets.US_ASCII)));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static byte[] archive(Bundle bundle, String name, Bytes content) {
    SortedMap<String, Bytes> members = new TreeMap<>(bundle.members());
    members.put(name, content);
    return Ustar.write(members);
  }
}
