/** Where the CLI of a session keeps its own file about it. */
import type { Recorder } from "./recorder.ts";
import type { Settled } from "./settle.ts";

/** The path; undefined for a provider that keeps no such file. */
export function transcriptPath(
  settled: Settled,
  recorder: Recorder,
  env: Readonly<Record<string, string>>,
): string | undefined {
  return settled.provider.transcript?.paths({
    sessionId: recorder.nativeId ?? settled.sessionId,
    cwd: settled.cwd,
    home: settled.paths.userHome ?? "",
    env,
  })[0];
}
