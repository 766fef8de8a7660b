/** Whether an agent's CLI keeps a session that it could go on with. */
import type { Transcript, TranscriptRequest } from "../providers/transcript.ts";
import type { Host } from "../host.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { findTranscript } from "./find_transcript.ts";
import type { Settled } from "./settle.ts";

/**
 * Looks for the session's file. One that its CLI has begun and then emptied, because the first turn
 * failed, keeps nothing; it is there all the same, and its id is taken.
 *
 * @param request Must hold the native id.
 */
export async function isKept(transcript: Transcript, request: TranscriptRequest): Promise<boolean> {
  const path = await findTranscript(transcript, request);
  if (path === undefined) return false;
  if (!transcript.fragile) return true;
  const { inspect } = await import("./transcript_guard.ts");
  return (await inspect(transcript, path))?.messages !== 0;
}

/**
 * Whether the agent's CLI keeps a session of ours, as far as it is known where it would.
 *
 * @param wanted What was settled for it.
 */
export async function keepsSession(
  { provider: { name, transcript }, paths, options }: Settled,
  { providerSessionId, sandboxName, cwd }: SessionRecord,
  host: Host,
): Promise<boolean> {
  // Nobody can look into a sandbox.
  if (sandboxName !== null || !transcript || providerSessionId === null) return true;
  return await isKept(transcript, {
    sessionId: providerSessionId,
    cwd,
    home: paths.userHome ?? "",
    stateDir: paths.agentState(name),
    env: { ...host.env.toObject(), ...options.env },
  });
}
