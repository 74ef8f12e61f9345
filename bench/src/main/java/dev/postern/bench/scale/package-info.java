/**
 * How time grows: page maps of up to a million ranges, views by the hundred, a page of code with
 * every byte a landing, one job against two. {@code bench/scale/run} runs it; figures and goals
 * stand in {@code bench/README.md}.
 */
package dev.postern.bench.scale;
