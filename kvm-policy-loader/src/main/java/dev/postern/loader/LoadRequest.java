package dev.postern.loader;

import dev.postern.model.Bytes;
import dev.postern.signer.key.PinnedKeys;

/**
 * What to load.
 *
 * @param bundle the archive
 * @param keys whose signatures count
 * @param frames the host's frame map, JSON
 * @param allowPartial whether a bundle may rest on a partial verification
 */
public record LoadRequest(Bytes bundle, PinnedKeys keys, Bytes frames, boolean allowPartial) {}
