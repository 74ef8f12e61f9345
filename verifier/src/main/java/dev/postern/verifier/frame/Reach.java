package dev.postern.verifier.frame;

import dev.postern.model.Frames;
import dev.postern.model.Gpa;
import dev.postern.model.Location;

/**
 * One run of frames in a holder's reach, with the place of the policy that says so.
 *
 * @param name the mapping, region or alias
 * @param gpa guest-physical address of the first frame; for DMA the offset in the domain's list,
 *     for which the address means nothing
 * @param reads whether it can be read; what cannot is execute-only
 */
public record Reach(String name, Gpa gpa, Frames frames, Use use, boolean reads, Location at) {}
