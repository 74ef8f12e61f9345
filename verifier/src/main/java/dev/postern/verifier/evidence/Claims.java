package dev.postern.verifier.evidence;

import dev.postern.checker.Checker;
import dev.postern.checker.Listing;
import dev.postern.model.Bytes;
import dev.postern.model.Mapping;
import dev.postern.model.Policy;
import dev.postern.model.View;
import dev.postern.verifier.Verifier;
import dev.postern.verifier.gate.Sites;
import dev.postern.x86.VmfuncScanner;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Everything that has to be shown for a run's conclusion to stand. */
public final class Claims {

  private Claims() {}

  /** By the file that the evidence of each is in. */
  public static SortedMap<String, Claim> of(Policy policy, Verifier.Verified run) {
    SortedMap<String, Claim> claims = new TreeMap<>(run.transcript().claims());
    for (View view : policy.views()) {
      List<Mapping> code =
          view.mappings().stream()
              .filter(m -> m.image().isPresent())
              .filter(m -> m.leaf().execute() || m.leaf().userExecute())
              .toList();
      if (!code.isEmpty()) {
        listings(view, code).forEach(claim -> claims.put(claim.file(), claim));
      }
    }
    return claims;
  }

  /** One of each mapping's bytes, which views that map them share, and one of the view's edges. */
  private static List<Claim> listings(View view, List<Mapping> code) {
    List<Sites.Site> found = Sites.of(view);
    List<Claim> claims = new ArrayList<>();
    List<byte[]> all = new ArrayList<>();
    for (Mapping mapping : code) {
      byte[] bytes = mapping.image().orElseThrow().bytes().toArray();
      all.add(bytes);
      List<Integer> sites = new ArrayList<>();
      found.stream()
          .filter(site -> site.mapping().name().equals(mapping.name()))
          .forEach(site -> {
            sites.add(site.offset());
            sites.add(site.length());
          });
      sites.addFirst(sites.size() / 2);
      claims.add(claim(Listing.within(bytes), sites));
    }
    claims.add(claim(Listing.across(all), List.of(straddling(all))));
    return claims;
  }

  private static Claim claim(Listing listing, List<Integer> sites) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(Checker.header(Checker.SITES, listing.digest()));
    sites.forEach(number -> Numbers.write(out, number));
    return new Claim.Sites(listing, Bytes.of(out.toByteArray()));
  }

  private static int straddling(List<byte[]> mappings) {
    List<byte[]> heads = new ArrayList<>();
    List<byte[]> tails = new ArrayList<>();
    for (byte[] mapping : mappings) {
      for (int page = 0; page < mapping.length; page += 4096) {
        heads.add(Bytes.of(mapping).slice(page, page + 3).toArray());
        tails.add(Bytes.of(mapping).slice(page + 4093, page + 4096).toArray());
      }
    }
    int pairs = 0;
    for (byte[] tail : tails) {
      for (byte[] head : heads) {
        pairs += VmfuncScanner.crossing(tail, head).isEmpty() ? 0 : 1;
      }
    }
    return pairs;
  }
}
