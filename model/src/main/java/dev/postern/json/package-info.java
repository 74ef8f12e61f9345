/**
 * JSON as this project uses it: a small sealed tree, a strict reader for hostile bytes and a
 * canonical writer (RFC 8785 strings and integers; each schema fixes its member order).
 *
 * <p>The only package that imports Jackson, and of it only the streaming tokenizer. Writing does
 * not load it. Schemas are written and read by hand, side by side, through {@link
 * dev.postern.json.Json.Builder} and {@link dev.postern.json.Members}: reflection would cost
 * milliseconds at every start, and would rename a wire format when a Java name changes.
 *
 * <pre>{@code
 * Json json = JsonReader.parse(bytes, JsonLimits.DEFAULT);
 * Members in = Members.of(json, "");
 * in.constant("schema", "postern.frames/1");
 * long base = in.hex("base");
 * in.end();                                  // refuses unknown members
 * }</pre>
 */
@NullMarked
package dev.postern.json;

import org.jspecify.annotations.NullMarked;
