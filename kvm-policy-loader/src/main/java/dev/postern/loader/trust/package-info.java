/**
 * What a host remembers, so that yesterday's bundle cannot come back and today's decision cannot be
 * denied. {@link dev.postern.loader.trust.StateDirectory} is opened under its lock; {@link
 * dev.postern.loader.trust.State} holds the highest version of each policy set ever installed under
 * a trust root, what is installed now, and which {@code trust.json} holds; {@link
 * dev.postern.loader.trust.Journal} has every decision, each line holding the digest of the one
 * before.
 *
 * <p>The journal is written first and the state after it, by rename. So a crash leaves a journal
 * that is longer than the state knows, which the next load reads and finishes; a journal that is
 * shorter or other than the state knows was changed by somebody, and nothing is loaded.
 */
@NullMarked
package dev.postern.loader.trust;

import org.jspecify.annotations.NullMarked;
