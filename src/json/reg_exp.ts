/** Regular expressions of schemas. */

/**
 * Makes one of a schema's patterns. They are written for both kinds of JavaScript's regular
 * expressions: what only the old kind takes is taken for old.
 *
 * @throws {SyntaxError} when neither kind takes it.
 */
export function patternRegExp(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch (error) {
    try {
      return new RegExp(pattern);
    } catch {
      throw error;
    }
  }
}
