package dev.postern.json;

/**
 * What a reader is ready to spend on bytes it does not trust.
 *
 * @param bytes size of the document; a policy carries its code in hexadecimal
 * @param depth nesting of objects and arrays; our schemas need 9
 * @param values objects, arrays and scalars together: bounds the tree's memory
 */
public record JsonLimits(int bytes, int depth, int values) {

  /** For bundles, reports and frame maps. */
  public static final JsonLimits DEFAULT = new JsonLimits(256 << 20, 32, 16_000_000);

  public JsonLimits {
    if (bytes < 0 || depth < 1 || values < 1) {
      throw new IllegalArgumentException("limits are positive");
    }
  }
}
