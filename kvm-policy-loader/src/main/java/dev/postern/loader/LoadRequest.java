package dev.postern.loader;

import dev.postern.loader.host.Host;
import dev.postern.model.Bytes;
import java.time.Instant;
import java.util.Optional;

/**
 * What to load.
 *
 * @param bundle the archive
 * @param trust a {@code trust.json}, or a chain that leads on from the one the host goes by; absent
 *     where it goes by one
 * @param newRoot whether that trust need not follow the one the host goes by
 * @param now the host's clock
 * @param frames the host's frame map, JSON; absent where the backend hands frames out
 * @param allowPartial whether a bundle may rest on a partial verification
 * @param host what the host says of itself; absent only for an image that is made for a host
 *     elsewhere, which then has to check this for itself
 */
public record LoadRequest(
    Bytes bundle,
    Optional<Bytes> trust,
    boolean newRoot,
    Instant now,
    Optional<Bytes> frames,
    boolean allowPartial,
    Optional<Host> host) {}
