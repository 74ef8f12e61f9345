/** Bitwuzla by the JavaSMT project's binding. */
@NullMarked
package dev.postern.peer.bitwuzla;

import org.jspecify.annotations.NullMarked;
