/**
 * What was proved in the first issue, by the rules it had, timed with one build. {@code
 * bench/ratio/run} runs this class in turns with this build and with the first issue's, so it uses
 * only what both have.
 */
package dev.postern.bench.ratio;
