/** JSON as TOML on one line: the form of the values in `codex --config=KEY=VALUE`. */
import { record } from "../json.ts";

/** The value as TOML. TOML has no null: it is left out of tables and arrays. */
export function tomlValue(value: unknown): string {
  if (typeof value === "string") return tomlString(value);
  if (Array.isArray(value)) return `[${value.filter(isThere).map(tomlValue).join(",")}]`;
  const table = record(value);
  if (!table) return String(value);
  const pairs = Object.entries(table).filter(([, inner]) => isThere(inner));
  return `{${pairs.map(([key, inner]) => `${tomlString(key)}=${tomlValue(inner)}`).join(",")}}`;
}

/** The text as a TOML string. */
export function tomlString(text: string): string {
  // What JSON allows beyond TOML: half of a surrogate pair, and a bare DEL.
  return JSON.stringify(text.toWellFormed()).replaceAll("\x7f", "\\u007f");
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined;
}
