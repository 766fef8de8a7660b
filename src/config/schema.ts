/** The JSON Schema of a configuration file, with which editors complete and check. */
import { MAX_COUNT, SECTIONS, type Setting, SETTINGS } from "./keys.ts";

/** Builds the schema, of draft 7: that is the one which editors know best. */
export function configSchema(): Record<string, unknown> {
  const sections = SECTIONS.map((section) => {
    const settings = [...SETTINGS].filter(([key]) => key.startsWith(`${section}.`));
    return [section, {
      type: "object",
      additionalProperties: false,
      properties: Object.fromEntries(
        settings.map(([key, setting]) => [key.slice(section.length + 1), describe(setting)]),
      ),
    }];
  });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of zag",
    type: "object",
    additionalProperties: false,
    allowTrailingCommas: true,
    properties: {
      $schema: { type: "string", description: "Where editors find this schema" },
      ...Object.fromEntries(sections),
    },
  };
}

/** The schema as the text of a file. */
export function schemaText(): string {
  return JSON.stringify(configSchema(), null, 2) + "\n";
}

function describe(setting: Setting): Record<string, unknown> {
  const { type, choices, brief, builtIn, globalOnly, mayBeEmpty } = setting;
  return {
    type,
    ...(choices ? { enum: choices } : {}),
    ...(type === "integer" ? { minimum: 1, maximum: MAX_COUNT } : {}),
    ...(type === "string" && !choices && !mayBeEmpty ? { pattern: "\\S" } : {}),
    description: globalOnly ? `${brief}; counts in the global configuration only` : brief,
    ...(builtIn === undefined ? {} : { default: builtIn }),
  };
}
