/**
 * Decides whether a bundle is to be trusted. {@link dev.postern.signer.check.BundleChecker} is the
 * only maker of {@link dev.postern.signer.check.CheckedBundle}, and installers take nothing else.
 * No signing code and no verifier behind it.
 */
@NullMarked
package dev.postern.signer.check;

import org.jspecify.annotations.NullMarked;
