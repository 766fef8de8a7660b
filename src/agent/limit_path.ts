/** What lies in the directory of a run whose session waits for the end of a usage limit. */
import { join } from "node:path";

/** The file whose change says: what waits in the index has changed. */
export function limitPath(launchFiles: string): string {
  return join(launchFiles, "limit");
}

/** Says so. */
export function notifyWaiting(launchFiles: string): void {
  Deno.writeTextFileSync(limitPath(launchFiles), "", { mode: 0o600 });
}

/** What a session was given that is in no record, since it can hold secrets. */
export interface Given {
  /** MCP servers that were given as JSON. */
  readonly mcpConfig?: string | undefined;
  /** Variables that were set for the agent. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

function givenPath(launchFiles: string): string {
  return join(launchFiles, "given.json");
}

/**
 * Keeps it as long as the run lasts: without it another zag could not go on with the session as it was.
 *
 * @param given As in the options; the path of an MCP configuration is recorded, and not kept here.
 */
export function keepGiven(launchFiles: string, { mcpConfig, env }: Given): void {
  const given = {
    ...(mcpConfig?.trimStart().startsWith("{") && { mcpConfig }),
    ...(env && Object.keys(env).length > 0 && { env }),
  };
  if (Object.keys(given).length === 0) return;
  try {
    Deno.writeTextFileSync(givenPath(launchFiles), JSON.stringify(given), { mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // There is no room. This process has it, and whoever comes after it says that it is not there.
  }
}

/** What was kept; empty when nothing was. */
export function keptGiven(launchFiles: string): Given {
  let given: Given;
  try {
    given = JSON.parse(Deno.readTextFileSync(givenPath(launchFiles)));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return {};
  }
  return given;
}
