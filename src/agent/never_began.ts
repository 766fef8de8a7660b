/** Sessions that ended before their agent had said or kept anything: there is nothing to go on with. */
import type { LogType } from "../events/log_event.ts";
import type { Provider, TranscriptRequest } from "../providers/provider.ts";
import { readLog } from "../sessions/log_reader.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { findTranscript } from "./find_transcript.ts";

/** What zag and others write without any agent. */
const WITHOUT_AGENT: ReadonlySet<string> = new Set<LogType>([
  "session_started",
  "session_meta",
  "session_ended",
  "user_message",
  "user_event",
  "stderr",
]);

/**
 * Whether the agent's CLI cannot know the session, because neither our log nor a file of its own has
 * anything from the agent. A CLI refuses to resume such a session, though nothing of it is lost.
 */
export async function neverBegan(
  session: SessionRecord,
  { transcript }: Provider,
  request: Omit<TranscriptRequest, "sessionId">,
): Promise<boolean> {
  if (session.outcome === "success" || session.logPath === null) return false;
  if (await hasSpoken(session.logPath)) return false;
  const { providerSessionId: sessionId } = session;
  if (sessionId === null || transcript === undefined) return true;
  return await findTranscript(transcript, { ...request, sessionId }) === undefined;
}

/** Looks at the first lines only: an agent introduces itself before anything else. */
async function hasSpoken(logPath: string): Promise<boolean> {
  try {
    for await (const { event } of readLog(logPath)) {
      if (event && !WITHOUT_AGENT.has(event.type)) return true;
    }
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // Without its log nothing is known for certain, and the CLI decides.
    return true;
  }
}
