/**
 * Backends. An {@link dev.postern.loader.install.Installer} prepares everything that can fail, and
 * then takes effect in one step; it says which assumptions it makes true, what is at its place, and
 * takes it out again. {@link dev.postern.loader.Installers#ALL} has them.
 */
@NullMarked
package dev.postern.loader.install;

import org.jspecify.annotations.NullMarked;
