/** Files written whole or not at all, and read without following links or running out of memory. */
@NullMarked
package dev.postern.signer.file;

import org.jspecify.annotations.NullMarked;
