/**
 * What the host says of itself: which host frames are whose ({@link
 * dev.postern.loader.host.FrameMap}).
 */
@NullMarked
package dev.postern.loader.host;

import org.jspecify.annotations.NullMarked;
