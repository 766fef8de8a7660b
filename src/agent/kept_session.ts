/** Whether an agent's CLI keeps a session that it could go on with. */
import type { Transcript, TranscriptRequest } from "../providers/provider.ts";
import { findTranscript } from "./find_transcript.ts";

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
