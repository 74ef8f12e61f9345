/**
 * From a proved policy to a file that anyone can check without trusting whoever made it.
 *
 * <pre>{@code
 * // make: verify first, in the same process; create refuses a report that is not proved
 * switch (Bundles.create(new BundleRequest(policy, report, source, attachments, plan, evidence, tool, terms))) {
 *   case BundleResult.Created(Bundle bundle) -> AtomicFile.write(out, bundle.bytes(), AtomicFile.SHARED);
 *   case BundleResult.Refused(String reason) -> …exit 1
 * }
 * // key and signature: PKCS#8 encrypted under a passphrase, detached CMS that openssl verifies
 * OperatorKey key = OperatorKey.generate("alice", Algorithm.ECDSA_P384, notBefore, notAfter);
 * KeyFiles.write(path, key, passphrase);                       // path and path.crt
 * Bundle signed = Bundles.sign(Bundle.read(bytes), KeyFiles.read(path, passphrase));
 * // check: fail closed, typed reasons; the only maker of CheckedBundle
 * switch (BundleChecker.check(bytes, Trust.read(json), Occasion.at(now))) {
 *   case Check.Trusted(CheckedBundle bundle) -> …
 *   case Check.Refused(List<Refusal> refusals) -> …exit 4
 * }
 * }</pre>
 *
 * <p>Checking ({@code check}, {@code trust}) has no signing code behind it; what a host remembers
 * of versions it had is the loader's.
 */
@NullMarked
package dev.postern.signer;

import org.jspecify.annotations.NullMarked;
