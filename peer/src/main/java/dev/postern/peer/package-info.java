/**
 * Other people's solvers, for {@code audit --deep}. Begin at {@link dev.postern.peer.Peers}. Each
 * foreign library has one package here that imports it, and loads when it is first asked; nothing
 * that proves, signs, checks or installs depends on this module.
 */
@NullMarked
package dev.postern.peer;

import org.jspecify.annotations.NullMarked;
