/** Prints a value for programs, in the format that was asked for. */

/** The formats. */
export const STRUCTURED_FORMATS = ["json", "yaml", "toml"] as const;

/** One of the formats. */
export type StructuredFormat = typeof STRUCTURED_FORMATS[number];

/**
 * The value as text with a newline at its end.
 *
 * @param value JSON's types only; for TOML an object without null.
 * @param pretty JSON on many lines; the other formats are always that.
 */
export async function structured(
  value: object,
  format: StructuredFormat,
  pretty: boolean,
): Promise<string> {
  if (format === "json") return JSON.stringify(value, null, pretty ? 2 : undefined) + "\n";
  const { stringifyToml, stringifyYaml } = await import("./std_stringify.ts");
  // Lines are not folded: a path or a command stays in one piece.
  return format === "toml"
    ? stringifyToml(value).trimStart()
    : stringifyYaml(value, { lineWidth: -1, useAnchors: false });
}
