/**
 * What a session in the background is started with. It is handed over in a private file: arguments are
 * in the process list for everybody to see, and limited in length.
 *
 * @module
 */
import { join } from "node:path";
import type { AgentOptions } from "../agent/options.ts";

/** A session in the background. */
export interface BackgroundRequest {
  readonly sessionId: string;
  /** Id of its run. */
  readonly processId: string;
  readonly options: AgentOptions;
  readonly prompt: string | undefined;
  /** The results of the sessions that it waits for are put before the prompt. */
  readonly injectContext: boolean;
  /** It takes messages until it is cancelled. */
  readonly interactive: boolean;
}

/** The file that holds the request. */
function requestPath(launchFiles: string): string {
  return join(launchFiles, "request.json");
}

/**
 * Writes the request.
 *
 * @param launchFiles The private directory of the run.
 */
export function writeRequest(launchFiles: string, request: BackgroundRequest): void {
  const options = { mode: 0o600, createNew: true };
  Deno.writeTextFileSync(requestPath(launchFiles), JSON.stringify(request), options);
}

/**
 * Reads the request, and removes it: it can hold secrets.
 *
 * @throws {Deno.errors.NotFound} when there is none, because the run was ended before
 */
export function takeRequest(launchFiles: string): BackgroundRequest {
  const path = requestPath(launchFiles);
  const request = JSON.parse(Deno.readTextFileSync(path)) as BackgroundRequest;
  Deno.removeSync(path);
  return request;
}
