package dev.postern.verifier.evidence;

import dev.postern.model.Bytes;
import java.util.Optional;

/**
 * Evidence found before, by file name. Nothing in it is believed: what it gives is checked against
 * the obligation at hand, and what does not pass is looked for anew.
 */
public interface EvidenceCache {

  /** Remembers nothing. */
  EvidenceCache NONE =
      new EvidenceCache() {
        @Override
        public Optional<Bytes> get(String file) {
          return Optional.empty();
        }

        @Override
        public void put(String file, Bytes evidence) {}
      };

  Optional<Bytes> get(String file);

  void put(String file, Bytes evidence);
}
