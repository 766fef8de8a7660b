/**
 * What a session in the background is started with. It is handed over in a private file: arguments are
 * in the process list for everybody to see, and limited in length.
 *
 * @module
 */
import type { LaunchOptions } from "../agent/launch_options.ts";
import { ZagError } from "../errors.ts";
import type { Replay } from "../agent/settle.ts";
import { requestPath } from "../agent/unclaimed.ts";

/** A session in the background. */
export interface BackgroundRequest {
  readonly sessionId: string;
  /** Id of its run. */
  readonly processId: string;
  readonly options: LaunchOptions;
  readonly prompt: string | undefined;
  /** The results of the sessions that it waits for are put before the prompt. */
  readonly injectContext: boolean;
  /** It takes messages until it is cancelled. */
  readonly interactive: boolean;
  /** What is as it was in the session that it tries again. */
  readonly replay?: Replay | undefined;
  /** The answer must be JSON, which matches the schema unless there is none. */
  readonly json?: { readonly schema?: unknown } | undefined;
}

/**
 * Writes the request. It is there whole, or not at all.
 *
 * @param launchFiles The private directory of the run.
 */
export function writeRequest(launchFiles: string, request: BackgroundRequest): void {
  const path = requestPath(launchFiles);
  const draft = `${path}.tmp`;
  Deno.writeTextFileSync(draft, JSON.stringify(request), { mode: 0o600, createNew: true });
  Deno.renameSync(draft, path);
}

/**
 * Reads the request, and removes it: it can hold secrets.
 *
 * @throws {ZagError} when there is no whole one: whoever started the session was killed meanwhile
 */
export function takeRequest(launchFiles: string): BackgroundRequest {
  const path = requestPath(launchFiles);
  let request: BackgroundRequest | undefined;
  try {
    request = JSON.parse(Deno.readTextFileSync(path));
    Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
  }
  // The error of a half one would quote it.
  if (request) return request;
  throw new ZagError("Cannot begin: the zag that was to say what to do was killed before it had");
}
