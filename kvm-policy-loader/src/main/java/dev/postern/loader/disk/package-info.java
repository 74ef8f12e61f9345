/**
 * The effects on disk a load consists of, one method each, so that a test can make any one of them
 * fail: {@link dev.postern.loader.disk.Disk}, done by {@link dev.postern.loader.disk.DurableDisk}.
 */
@NullMarked
package dev.postern.loader.disk;

import org.jspecify.annotations.NullMarked;
