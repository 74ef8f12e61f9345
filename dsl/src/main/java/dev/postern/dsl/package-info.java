/** The policy language, from text to meaning. */
@NullMarked
package dev.postern.dsl;

import org.jspecify.annotations.NullMarked;
