/** Sessions that ended before their agent had said or kept anything: there is nothing to go on with. */
import type { LogType } from "../events/log_event.ts";
import type { Provider } from "../providers/provider.ts";
import type { TranscriptRequest } from "../providers/transcript.ts";
import { readLog } from "../sessions/log_reader.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { isKept } from "./kept_session.ts";

/** What zag and others write without any agent. */
const WITHOUT_AGENT: ReadonlySet<string> = new Set<LogType>([
  "session_started",
  "session_meta",
  "session_ended",
  "user_message",
  "user_event",
  "stderr",
]);

/** What is also written of an agent that failed before it came to its session. */
const BEFORE_SESSION: ReadonlySet<string> = new Set<LogType>([
  "provider_status",
  "usage",
  "usage_limit_hit",
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
  const { providerSessionId: sessionId } = session;
  const { spoken, answered } = await heard(session.logPath);
  if (sessionId === null || transcript === undefined) return !spoken;
  // Where there would be a file, what that keeps tells more than a message about a failure.
  return !answered && !await isKept(transcript, { ...request, sessionId });
}

/** Whether anything came from the agent, and whether it has begun to answer. */
async function heard(logPath: string): Promise<{ spoken: boolean; answered: boolean }> {
  let spoken = false;
  try {
    for await (const { event } of readLog(logPath)) {
      if (!event || WITHOUT_AGENT.has(event.type)) continue;
      if (!BEFORE_SESSION.has(event.type)) return { spoken: true, answered: true };
      spoken = true;
    }
    return { spoken, answered: false };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // Without its log nothing is known for certain, and the CLI decides.
    return { spoken: true, answered: true };
  }
}
