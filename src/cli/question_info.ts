/** What is told about a session whose agent waits for an answer. */
import { oneLine, withoutControls } from "../events/render/text.ts";
import type { PermissionQuestion } from "../sessions/permission_files.ts";

/** A question as it stands beside its session. */
export interface QuestionInfo {
  /** For `zag permit --id`. */
  readonly id: string;
  /** The tool, as its provider calls it. */
  readonly tool_name: string;
  /** What the tool would do, on one line. */
  readonly description: string;
  /** RFC 3339, UTC. */
  readonly asked_at: string;
}

/** The key of the JSON of sessions and runs; only while something is asked. */
export function questionFields(
  questions: readonly PermissionQuestion[] = [],
): { questions?: readonly QuestionInfo[] } {
  if (questions.length === 0) return {};
  return {
    questions: questions.map(({ id, tool_name, description, asked_at }) => ({
      id,
      tool_name,
      description,
      asked_at,
    })),
  };
}

/** What is waited for, such as `an answer: shell: touch made`. */
export function questionsText(questions: readonly QuestionInfo[]): string {
  const [first, ...more] = questions.map(({ tool_name, description }) =>
    description === "" ? tool_name : `${tool_name}: ${description}`
  );
  const text = withoutControls(oneLine(first ?? "", 200));
  return more.length === 0
    ? `an answer: ${text}`
    : `${more.length + 1} answers: ${text}, and ${more.length} more`;
}

/** The command that answers. */
export function permitText(sessionId: string, questions: readonly QuestionInfo[]): string {
  return `zag permit ${sessionId} allow|deny${questions.length > 1 ? " --all" : ""}`;
}
