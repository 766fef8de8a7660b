/** What the CLI's own file about a session tells, where its output did not tell enough. */
import type { AssistantMessageEvent } from "../events/event.ts";
import type { LogType } from "../events/log_event.ts";
import type { Parser } from "../providers/parser.ts";
import type { DriveResult } from "./drive.ts";
import type { Start } from "./drive_request.ts";
import type { TranscriptFile } from "./transcript_file.ts";
import { GOES_ON } from "./unseen_limit.ts";

/** What a transcript tells about how its session ended. */
export interface TranscriptEvidence {
  /** The last answer. */
  readonly answer: string | undefined;
  /** The last turn came to its end; undefined where the file does not tell. */
  readonly finished: boolean | undefined;
}

/** What the CLI's own file says, where zag saw no terminal event and it could know more. */
export async function transcriptOf(
  { started, file, recorder, limits }:
    & Pick<Start, "started" | "recorder" | "limits">
    & { readonly file: TranscriptFile },
  parser: Parser,
  result: DriveResult,
): Promise<TranscriptEvidence | undefined> {
  const blind = started.plan.stdout === "raw";
  if (!blind && result.endedBy !== undefined) return undefined;
  const path = await file.find(parser.state.sessionId);
  if (path === undefined) return undefined;
  const reader = await file.parser();
  // What the CLI has reported itself is noted when the session ends.
  const known = new Set<LogType>(["user_message", ...parser.state.usage ? ["usage"] as const : []]);
  const { readTranscript } = await import("./transcript_follow.ts");
  await readTranscript({
    path,
    parser: reader,
    offset: file.offset,
    rereads: file.transcript.rereads,
    log: (kinds) => {
      // With events the log has all of it already, and what was sent it has in any case.
      const fresh = blind ? kinds.filter(({ type }) => !known.has(type)) : [];
      recorder.log(limits.completed(fresh), undefined, "provider_file");
      const last = fresh.findLast(({ type }) => type === "usage_limit_hit" || GOES_ON.has(type));
      // It has got over the limit by itself.
      if (last && last.type !== "usage_limit_hit") limits.forget();
    },
  });
  const { sessionId } = reader.state;
  if (sessionId !== undefined && sessionId !== recorder.nativeId) recorder.log([], sessionId);
  return reader.state;
}

/** An answer that did not come through stdout, as the event that it would have been. */
export function answerEvent(text: string): AssistantMessageEvent {
  return { type: "assistant_message", content: [{ type: "text", text }], usage: null };
}
