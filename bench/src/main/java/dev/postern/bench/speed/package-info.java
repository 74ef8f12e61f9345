/**
 * How fast Postern is, as ratios measured in one run on one machine: {@link
 * dev.postern.bench.speed.SpeedBench}, started by {@code bench/speed/run}. The yardstick is {@link
 * dev.postern.bench.speed.BareSolver}: a JVM that loads Z3, asks one question and ends.
 */
@NullMarked
package dev.postern.bench.speed;

import org.jspecify.annotations.NullMarked;
