/** Regular expressions that stand in a configuration. */

/** Flags at the beginning of an expression, as other languages write them. */
const FLAGS = /^\(\?([ims]+)\)/;

/**
 * Compiles one. `(?i)`, `(?m)` and `(?s)` at its beginning hold for all of it, as in the `zag.toml` of
 * the original.
 *
 * @throws {SyntaxError} when it is none
 */
export function compilePattern(text: string): RegExp {
  const flags = FLAGS.exec(text);
  const given = new Set(flags?.[1]);
  return new RegExp(text.slice(flags?.[0].length ?? 0), [...given].join(""));
}
