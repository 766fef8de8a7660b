/** What a call returns: the output of the invocation, and what a program wants besides. */
import type { AgentOutput } from "../events/event.ts";

/**
 * The output of an invocation. What is not a part of `AgentOutput` cannot be enumerated, so that the
 * JSON of a result is that of the output.
 */
export interface AgentResult<Json = unknown> extends AgentOutput {
  /** The answer as a value where JSON was asked for; undefined elsewhere, and when there is none. */
  readonly json: Json;
  /** zag's own id of the session, by which it can be resumed. */
  readonly sessionId: string;
  /** Where the session's worktree is, if it was kept; absolute. */
  readonly worktreePath: string | undefined;
}

/** Adds to an output what a program wants besides. */
export function agentResult<Json>(
  output: AgentOutput,
  also: Pick<AgentResult<Json>, "json" | "sessionId" | "worktreePath">,
): AgentResult<Json> {
  const { json, sessionId, worktreePath } = also;
  return Object.defineProperties({ ...output }, {
    json: { value: json },
    sessionId: { value: sessionId },
    worktreePath: { value: worktreePath },
  }) as AgentResult<Json>;
}
