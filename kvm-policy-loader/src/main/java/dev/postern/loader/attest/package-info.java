/**
 * Each assumption of a report is attested by a mechanism of the backend that has a name, or taken
 * on the administrator's word, or refused: {@link dev.postern.loader.attest.Attestations}.
 */
@NullMarked
package dev.postern.loader.attest;

import org.jspecify.annotations.NullMarked;
