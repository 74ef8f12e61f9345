/**
 * Backends. An {@link dev.postern.loader.install.Installer} either does all of its work and returns
 * a receipt, or leaves the host as it was. The only one yet is {@link
 * dev.postern.loader.install.ImageInstaller}, which writes a file.
 */
@NullMarked
package dev.postern.loader.install;

import org.jspecify.annotations.NullMarked;
