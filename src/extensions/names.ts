/** Names of skills and MCP servers: they become file names, table names and names of tools. */
import { ExtensionError } from "./errors.ts";
import { OWN_PREFIX } from "./settings_text.ts";

/** Whether {@linkcode checkName} accepts a name. */
export function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name) && !name.startsWith(OWN_PREFIX);
}

/**
 * Returns the name of a skill or server if it can be one: 1 to 64 letters, digits, `_` and `-`, of
 * which the first is a letter or digit, and not `zag-...`.
 *
 * @param what `skill` or `MCP server`, for the message
 * @throws {ExtensionError} otherwise
 */
export function checkName(what: string, name: string): string {
  if (isName(name)) return name;
  throw new ExtensionError(
    `Cannot use ${JSON.stringify(name.slice(0, 80))} as the name of ${aOrAn(what)} ${what}`,
    {
      hint: 'A name has 1 to 64 letters, digits, "_" and "-", begins with a letter or digit, and ' +
        'not with "zag-"',
    },
  );
}

function aOrAn(what: string): string {
  return /^MCP/.test(what) ? "an" : "a";
}
