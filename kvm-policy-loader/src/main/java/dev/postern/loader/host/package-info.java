/**
 * What the host says of itself. Whose host frames are whose: {@link
 * dev.postern.loader.host.FrameMap}. What its processor is: {@link
 * dev.postern.loader.host.HostFacts}. What its administrator lets views reach, and what he accepts
 * on his own word: {@link dev.postern.loader.host.Approved} and {@link
 * dev.postern.loader.host.HostPolicy}. What is not said is refused.
 */
@NullMarked
package dev.postern.loader.host;

import org.jspecify.annotations.NullMarked;
