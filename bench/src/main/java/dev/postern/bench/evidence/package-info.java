/**
 * What evidence costs: bytes of each example's bundle, time to audit it, what a change leaves to be
 * found anew, and whether a process that answers a million questions grows. {@code
 * bench/evidence/run} runs it; figures and goals stand in {@code bench/README.md}.
 */
package dev.postern.bench.evidence;
