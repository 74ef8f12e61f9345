/**
 * From {@link dev.postern.dsl.syntax.Tree} to {@link dev.postern.model.Policy}: includes are read,
 * names bound, constants evaluated, defaults written out, code loaded and relocated.
 *
 * <p>Start at {@link dev.postern.dsl.resolve.Resolver}, which only calls the phases in order: the
 * machines, then the code, then the views, then what leads between them. Every phase goes on after
 * an error with what it could make sense of and says nothing about the rest, so that one slip is
 * one diagnostic. A policy comes out only if there was no error at all.
 *
 * <p>What the model's constructors would refuse is found here first, with a place in the text.
 */
@NullMarked
package dev.postern.dsl.resolve;

import org.jspecify.annotations.NullMarked;
