/**
 * EPT in bits, from both ends. {@link dev.postern.loader.ept.EptBuilder} turns a plan and the
 * host's frames into paging structures, EPT pointers and EPTP-list pages ({@link
 * dev.postern.loader.ept.EptImage}); {@link dev.postern.loader.ept.EptWalker} reads such bytes as a
 * processor does, with constants of its own from the SDM's tables; {@link
 * dev.postern.loader.ept.ImageComparer} demands that what the walker finds is the plan, all of it
 * and nothing else.
 */
@NullMarked
package dev.postern.loader.ept;

import org.jspecify.annotations.NullMarked;
