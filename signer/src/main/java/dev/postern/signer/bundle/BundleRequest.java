package dev.postern.signer.bundle;

import dev.postern.model.Bytes;
import dev.postern.model.Policy;
import dev.postern.model.report.Report;
import dev.postern.signer.statement.Terms;
import dev.postern.signer.statement.Tool;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What goes into a bundle.
 *
 * @param policy what was verified
 * @param report the answer, from a verification in this process
 * @param source the policy's text as written
 * @param attachments what the text includes: further text, objects, by the name the policy uses
 * @param plan canonical JSON of the install plan
 * @param evidence file name ("….smt2") to content
 * @param tool who verified
 * @param terms when and where it may be used
 */
public record BundleRequest(
    Policy policy,
    Report report,
    Bytes source,
    SortedMap<String, Bytes> attachments,
    Bytes plan,
    SortedMap<String, Bytes> evidence,
    Tool tool,
    Terms terms) {

  public BundleRequest {
    attachments = Collections.unmodifiableSortedMap(new TreeMap<>(attachments));
    evidence = Collections.unmodifiableSortedMap(new TreeMap<>(evidence));
  }
}
