/**
 * JSON as this project uses it: a small sealed tree, a strict reader for hostile bytes, a canonical
 * writer (RFC 8785 without floating-point numbers) and a codec for records.
 *
 * <p>The only package that imports Jackson, and of it only the streaming tokenizer.
 */
@NullMarked
package dev.postern.json;

import org.jspecify.annotations.NullMarked;
