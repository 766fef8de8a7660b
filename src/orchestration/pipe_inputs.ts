/** The results of earlier sessions that a prompt is about. */
import type { EarlierResult } from "../agent/prompt.ts";
import { ZagError } from "../errors.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { readResult } from "../sessions/session_result.ts";
import type { SessionStore } from "../sessions/store.ts";

/** Who asks, and when. */
export interface PipeContext {
  readonly store: SessionStore;
  readonly now: Date;
  /** Id of the session whose agent asks; it is no input. */
  readonly from: string | undefined;
  /** Told which sessions are left out, and whose results may change yet. */
  warning(message: string): void;
}

/**
 * Reads the results, in the order of the sessions. One without a result is left out.
 *
 * @throws {ZagError} when none is left
 */
export async function pipeInputs(
  { store, now, from, warning }: PipeContext,
  meant: readonly SessionRecord[],
): Promise<EarlierResult[]> {
  const found = meant.filter(({ sessionId }) => sessionId !== from);
  if (found.length === 0) {
    throw new ZagError(
      "Cannot ask about the session: it is the one that this command was started in, which is " +
        "never an input of its own",
      { hint: "Name other sessions" },
    );
  }
  const inputs: EarlierResult[] = [];
  for (const session of found) {
    const { sessionId } = session;
    const { state, result, problem } = await readResult(store, session, now);
    const isOn = state.status === "running" || state.status === "idle";
    const id = JSON.stringify(sessionId);
    if (result === undefined || result.trim() === "") {
      const why = problem === undefined ? isOn ? ": it has not ended" : "" : `: ${problem}`;
      warning(`session ${id} has no result and is left out${why}`);
      continue;
    }
    if (isOn) warning(`session ${id} has not ended: what it said last is taken`);
    else if (state.status !== "completed" && state.status !== "unknown") {
      const how = state.status === "dead" ? "is dead" : "has failed";
      warning(`session ${id} ${how}: what it said last is taken`);
    }
    inputs.push({ sessionId, result });
  }
  if (inputs.length > 0) return inputs;
  throw new ZagError(
    found.length === 1
      ? "Cannot ask about the session: it has no result"
      : `Cannot ask about the sessions: none of the ${found.length} has a result`,
    { hint: 'To wait for results: "zag wait"' },
  );
}
