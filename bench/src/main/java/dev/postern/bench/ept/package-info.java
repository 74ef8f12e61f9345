/**
 * Size and time of EPT images: {@link dev.postern.bench.ept.EptBench} builds one view of 4 KiB
 * pages over up to 64 GiB, and up to 511 protected views, writes the image and has the independent
 * walker compare all of it with the plan.
 */
package dev.postern.bench.ept;
