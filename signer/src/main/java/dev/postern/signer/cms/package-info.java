/**
 * Detached CMS signatures (RFC 5652) in one narrow profile, and the self-issued X.509 certificate
 * that lets plain {@code openssl cms -verify} check them. The only package that imports Bouncy
 * Castle: for ASN.1 everywhere, for keys and signatures when signing; checking uses the JDK's
 * cryptography, but for SLH-DSA, which it lacks.
 *
 * <p>The profile: DER, one SignerInfo, signer named by subject key identifier, no certificates, no
 * CRLs, no unsigned attributes, an eContentType of {@link dev.postern.signer.cms.ContentType},
 * signed attributes exactly contentType, messageDigest and optionally signingTime and the mark of
 * an unattended signature, algorithms by {@link dev.postern.signer.key.Algorithm}. {@link
 * dev.postern.signer.cms.CmsVerifier} takes the few free values out of a message, builds the
 * message anew and demands the same bytes: nothing in it is skipped.
 */
@NullMarked
package dev.postern.signer.cms;

import org.jspecify.annotations.NullMarked;
