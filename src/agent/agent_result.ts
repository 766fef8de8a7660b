/** What a call returns: the output of the invocation, and what a program wants besides. */
import type { AgentOutput } from "../events/event.ts";

/**
 * What every result has. What is not a part of `AgentOutput` cannot be enumerated, so that the JSON of a
 * result is that of the output; a copy such as `{ ...result }` does not have it.
 */
export interface ResultParts {
  /** zag's own id of the session, by which it can be resumed. */
  readonly sessionId: string;
  /** Where the session's worktree is, if it was kept; absolute. */
  readonly worktreePath: string | undefined;
}

/** The output of an invocation that came to a good end. */
export interface AnsweredResult<Json = unknown> extends AgentOutput, ResultParts {
  /** The agent has reported no failure. */
  is_error: false;
  /** The answer as a value where JSON was asked for; undefined elsewhere. */
  readonly json: Json;
}

/** The output of an invocation whose agent has reported a failure. */
export interface FailedResult extends AgentOutput, ResultParts {
  /** The agent has reported a failure; `error_message` says which. */
  is_error: true;
  /** There is no answer. */
  readonly json: undefined;
}

/** The output of an invocation; `is_error` tells whether there is an answer. */
export type AgentResult<Json = unknown> = AnsweredResult<Json> | FailedResult;

/** Adds to an output what a program wants besides. */
export function agentResult<Json>(
  output: AgentOutput,
  also: ResultParts & { readonly json: Json | undefined },
): AgentResult<Json> {
  const { json, sessionId, worktreePath } = also;
  return Object.defineProperties({ ...output }, {
    json: { value: output.is_error ? undefined : json },
    sessionId: { value: sessionId },
    worktreePath: { value: worktreePath },
  }) as AgentResult<Json>;
}
