/** The text of a CLI's settings, as far as zag reads and changes it. */
import type { Json } from "../providers/json.ts";
import type { McpSettings } from "../providers/extensions.ts";
import type { Splice } from "./splice.ts";

/** Entries whose names begin so belong to zag. */
export const OWN_PREFIX = "zag-";

/** Servers by name, in the CLI's own form. */
export type Entries = Readonly<Record<string, Json>>;

/** A text with entries put in. */
export interface Inserted {
  readonly text: string;
  readonly splice: Splice;
  /** The object that holds the servers was not there before. */
  readonly createdKey: boolean;
}

/** Reads and changes settings of one format. Every call throws an `Error` on text that is none. */
export interface SettingsEditor {
  /** Everything in the text. */
  parse(text: string): Json;
  /** The text with entries added; none of their names is in it yet. */
  insert(text: string, entries: Entries): Inserted;
  /**
   * The text without zag's entries, when they are not as zag wrote them.
   *
   * @param keyIsOurs take the object that holds the servers away once it is empty
   */
  strip(text: string, keyIsOurs: boolean): string;
}

/** The editor for a CLI's settings. */
export async function loadEditor({ format, key }: McpSettings): Promise<SettingsEditor> {
  return format === "json"
    ? (await import("./json_settings.ts")).jsonSettings(key)
    : (await import("./toml_settings.ts")).tomlSettings(key);
}

/** The servers in parsed settings. */
export function serversOf(settings: Json, key: string): Json {
  const servers = settings[key];
  if (servers === undefined) return {};
  if (typeof servers !== "object" || servers === null || Array.isArray(servers)) {
    throw new SyntaxError(`"${key}" must hold an object`);
  }
  return servers as Json;
}

/** Those of some servers that belong to zag. */
export function ownEntries(servers: Json): Json {
  return Object.fromEntries(
    Object.entries(servers).filter(([name]) => name.startsWith(OWN_PREFIX)),
  );
}

/** A canonical text of settings without zag's entries, to compare what belongs to others. */
export function foreignPart(settings: Json, key: string): string {
  const servers = Object.fromEntries(
    Object.entries(serversOf(settings, key)).filter(([name]) => !name.startsWith(OWN_PREFIX)),
  );
  const { [key]: _, ...rest } = settings;
  // An object that holds nothing is as good as none.
  return canonical(Object.keys(servers).length === 0 ? rest : { ...rest, [key]: servers });
}

/** JSON with sorted keys: equal for equal values. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => {
    if (typeof inner === "bigint") return `${inner}n`;
    if (typeof inner === "number" && !Number.isFinite(inner)) return String(inner);
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(
      Object.entries(inner).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
    );
  });
}
