/** Notifies whoever wants to know that an agent waits for an answer. */
import { realHost } from "../host.ts";
import { notify } from "../notify/notify.ts";
import type { PermissionQuestion } from "../sessions/permission_files.ts";
import type { Start } from "./drive_request.ts";

/** Tells of one question, once. Nobody waits for it. */
export function tellQuestion(
  { settled, recorder, request }: Pick<Start, "settled" | "recorder" | "request">,
  { id, session_id, tool_name, description }: PermissionQuestion,
): void {
  const { env, cwd } = request.host ?? realHost();
  const text = description === "" ? tool_name : `${tool_name}: ${description}`;
  const answer = (word: string) => `zag permit ${session_id} ${word} --id ${id}`;
  notify(settled.paths, recorder.processId, {
    kind: "question",
    subject: id,
    question: { id, text },
    commands: [answer("allow"), answer("deny")],
  }, { env, cwd, warning: (message) => request.observer?.warning?.(message) });
}
