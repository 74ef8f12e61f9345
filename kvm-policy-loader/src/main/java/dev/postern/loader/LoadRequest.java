package dev.postern.loader;

import dev.postern.loader.host.Host;
import dev.postern.model.Bytes;
import dev.postern.signer.key.PinnedKeys;
import java.util.Optional;

/**
 * What to load.
 *
 * @param bundle the archive
 * @param keys whose signatures count
 * @param rootEpoch how often the root of trust has been replaced; 0 where keys are named one by one
 * @param frames the host's frame map, JSON; absent where the backend hands frames out
 * @param allowPartial whether a bundle may rest on a partial verification
 * @param host what the host says of itself; absent only for an image that is made for a host
 *     elsewhere, which then has to check this for itself
 */
public record LoadRequest(
    Bytes bundle,
    PinnedKeys keys,
    long rootEpoch,
    Optional<Bytes> frames,
    boolean allowPartial,
    Optional<Host> host) {}
