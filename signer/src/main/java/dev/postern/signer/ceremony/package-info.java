/**
 * What a person sees before signing: {@link dev.postern.signer.ceremony.PolicyDifference} says all
 * that is different from the bundle that was compared with, and marks what became wider. {@link
 * dev.postern.signer.ceremony.Summary} exports what was verified as a verification summary in DSSE.
 */
@NullMarked
package dev.postern.signer.ceremony;

import org.jspecify.annotations.NullMarked;
