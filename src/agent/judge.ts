/** What becomes of a session whose answer is looked at. */
import type { LogKind } from "../events/log_event.ts";
import type { LaunchRequest } from "./launch_request.ts";
import type { Verdict } from "./outcome.ts";

/** A verdict that counts the answer in. */
export interface Judged {
  verdict: Verdict;
  /** For the log. */
  lines: LogKind[];
  /** The session does not end: the agent is about to be asked again. */
  goesOn: boolean;
}

/** What somebody had asked for with `ps kill` or `ps stop` when the agent had ended. */
export type AskedEnd =
  /** A result was handed in. */
  | "submitted"
  /** The session was to end, without a result. */
  | "asked";

/**
 * Looks at the answer, where the request says how. The agent did its work well also if its answer is
 * refused: that is a failure of the session, and the log says why. A result that was handed in is the
 * session's in any case; whoever prints it learns what is wrong with it.
 *
 * @param lastMessage What the log has for the session's result so far.
 * @param asked The session ends whatever is made of the answer: nobody is asked again.
 */
export function judgeAnswer(
  verdict: Verdict,
  { judge }: LaunchRequest,
  lastMessage: string,
  asked?: AskedEnd,
): Judged {
  if (!verdict.success || !judge) return { verdict, lines: [], goesOn: false };
  const judgement = judge(verdict.state.result ?? "", asked !== undefined);
  const submitted = asked === "submitted";
  if ("accepted" in judgement) {
    const result = judgement.accepted;
    return {
      verdict: { ...verdict, state: { ...verdict.state, result } },
      // Without it the last message counts, which need not be what the agent handed over.
      lines: submitted || result === lastMessage ? [] : [{ type: "session_result", result }],
      goesOn: false,
    };
  }
  if (submitted) return { verdict, lines: [], goesOn: false };
  const failure = `The answer was refused: ${judgement.refused.join("; ")}`;
  return {
    verdict: { ...verdict, outcome: "failure", success: false, failure },
    lines: [{ type: "user_event", level: "warn", message: failure }],
    goesOn: judgement.goesOn && asked === undefined,
  };
}
