/**
 * Detached CMS signatures (RFC 5652) in one narrow profile, and the self-issued X.509 certificate
 * that lets plain {@code openssl cms -verify} check them. The only package that imports Bouncy
 * Castle: for ASN.1 everywhere, for RFC 6979 when signing; checking uses the JDK's cryptography.
 *
 * <p>The profile: DER, one SignerInfo, signer named by subject key identifier, no certificates, no
 * CRLs, no unsigned attributes, eContentType {@link dev.postern.signer.cms.Cms#CONTENT_TYPE},
 * signed attributes exactly contentType, messageDigest and optionally signingTime, ECDSA on P-384
 * with SHA-384. {@link dev.postern.signer.cms.CmsVerifier} takes the few free values out of a
 * message, builds the message anew and demands the same bytes: nothing in it is skipped.
 */
@NullMarked
package dev.postern.signer.cms;

import org.jspecify.annotations.NullMarked;
