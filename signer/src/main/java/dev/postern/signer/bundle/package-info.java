/**
 * The archive: one uncompressed ustar file with one spelling for each content. {@link
 * dev.postern.signer.bundle.Bundles} makes and signs it; {@link dev.postern.signer.bundle.Bundle}
 * holds its members; {@link dev.postern.signer.bundle.Ustar} is the format. Nothing here decides
 * whether a bundle is to be trusted: that is {@code dev.postern.signer.check}.
 */
@NullMarked
package dev.postern.signer.bundle;

import org.jspecify.annotations.NullMarked;
