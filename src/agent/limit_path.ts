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

function mcpPath(launchFiles: string): string {
  return join(launchFiles, "given_mcp.json");
}

/**
 * Keeps MCP servers that were given as JSON as long as the run lasts: it can hold secrets, so it is in no
 * record, and another zag could not go on with the session as it was.
 *
 * @param mcpConfig As in the options; the path of a file is recorded, and not kept here.
 */
export function keepMcpConfig(launchFiles: string, mcpConfig: string | undefined): void {
  if (!mcpConfig?.trimStart().startsWith("{")) return;
  try {
    Deno.writeTextFileSync(mcpPath(launchFiles), mcpConfig, { mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // There is no room. This process has it, and whoever comes after it says that it is not there.
  }
}

/** What was kept; undefined when nothing was. */
export function keptMcpConfig(launchFiles: string): string | undefined {
  try {
    return Deno.readTextFileSync(mcpPath(launchFiles));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
