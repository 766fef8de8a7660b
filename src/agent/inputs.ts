/** What options name and a session needs: files, directories, earlier results. */
import { isAbsolute, join } from "node:path";
import { resultOf } from "../sessions/log_reader.ts";
import { resolveSession, type Scope } from "../sessions/resolve.ts";
import type { SessionStore } from "../sessions/store.ts";
import { InvalidOptionError } from "./errors.ts";

/** The text of `--plan`. */
export async function readPlan(path: string, cwd: string): Promise<string> {
  try {
    return await Deno.readTextFile(isAbsolute(path) ? path : join(cwd, path));
  } catch (error) {
    throw new InvalidOptionError(`Cannot read the plan "${path}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** The results that `--context` names. */
export async function contexts(
  ids: readonly string[],
  store: SessionStore | undefined,
  scope: Scope,
): Promise<{ sessionId: string; result: string }[]> {
  const found: { sessionId: string; result: string }[] = [];
  for (const id of ids) {
    if (!store) throw new InvalidOptionError("Cannot use --context: the session index is gone");
    const session = resolveSession(store, { ref: id }, scope);
    const result = session.logPath !== null ? await resultOf(session.logPath) : undefined;
    if (result === undefined) {
      throw new InvalidOptionError(
        `Cannot use session "${session.sessionId}" as context: it has no result`,
      );
    }
    found.push({ sessionId: session.sessionId, result });
  }
  return found;
}

/** `--mcp-config`: inline JSON as it is, or what is in the file of that name; both must be JSON. */
export async function mcpConfig(
  given: string | undefined,
  cwd: string,
): Promise<string | undefined> {
  if (given === undefined) return undefined;
  if (given.trimStart().startsWith("{")) {
    try {
      JSON.parse(given);
    } catch (error) {
      throw new InvalidOptionError(`Cannot use --mcp-config: ${(error as Error).message}`);
    }
    return given;
  }
  const path = isAbsolute(given) ? given : join(cwd, given);
  try {
    const text = await Deno.readTextFile(path);
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new InvalidOptionError(`Cannot use --mcp-config "${given}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** `--add-dir`, made absolute. */
export async function directories(dirs: readonly string[], cwd: string): Promise<string[]> {
  const found: string[] = [];
  for (const dir of dirs) {
    const path = isAbsolute(dir) ? dir : join(cwd, dir);
    const info = await Deno.stat(path).catch(() => undefined);
    if (!info?.isDirectory) {
      throw new InvalidOptionError(`Cannot use --add-dir "${dir}": there is no such directory`);
    }
    found.push(path);
  }
  return found;
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "it may not be read";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
