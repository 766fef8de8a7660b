/** The JSON Schema of a configuration file, with which editors complete and check. */
import { MAX_COUNT, type Setting, SETTINGS } from "./keys.ts";

/** Builds the schema, of draft 7: that is the one which editors know best. */
export function configSchema(): Record<string, unknown> {
  const names = new Map([...SETTINGS].map(([key, setting]) => [key.split("."), setting]));
  const sections = objectOf(names);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of zag",
    ...sections,
    allowTrailingCommas: true,
    properties: {
      $schema: { type: "string", description: "Where editors find this schema" },
      ...sections.properties,
    },
  };
}

/** An object of settings by their paths in it, and of objects of settings. */
function objectOf(settings: ReadonlyMap<readonly string[], Setting>) {
  const within = Map.groupBy(settings, ([[first]]) => first!);
  const properties: Record<string, unknown> = {};
  for (const [name, entries] of within) {
    const [[path, setting]] = entries as [[readonly string[], Setting]];
    if (path.length === 1 && setting.open) {
      return { type: "object", additionalProperties: describe(setting), properties };
    }
    properties[name] = path.length === 1
      ? describe(setting)
      : objectOf(new Map(entries.map(([[, ...rest], each]) => [rest, each])));
  }
  return { type: "object", additionalProperties: false, properties };
}

/** The schema as the text of a file. */
export function schemaText(): string {
  return JSON.stringify(configSchema(), null, 2) + "\n";
}

function describe(setting: Setting): Record<string, unknown> {
  const { type, choices, brief, builtIn, globalOnly, mayBeEmpty, least = 1 } = setting;
  return {
    ...(type === "texts" ? { type: "array", items: { type: "string" } } : { type }),
    ...(choices ? { enum: choices } : {}),
    ...(type === "number" ? { exclusiveMinimum: 0 } : {}),
    ...(type === "integer" ? { minimum: least, maximum: MAX_COUNT } : {}),
    ...(type === "string" && !choices && !mayBeEmpty
      ? { pattern: setting.open ? setting.pattern?.test.source : setting.form ?? "\\S" }
      : {}),
    description: globalOnly ? `${brief}; counts in the global configuration only` : brief,
    ...(builtIn === undefined ? {} : { default: builtIn }),
  };
}
