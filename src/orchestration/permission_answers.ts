/**
 * What agents ask, and the answers to it, for whoever is not the zag that owns the agent.
 *
 * @module
 */
import type { ZagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import {
  type PermissionAnswer,
  type PermissionQuestion,
  writeAnswer,
} from "../sessions/permission_files.ts";
import { questionsOf } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";

/** A question of an agent that waits. */
export interface AskedPermission {
  readonly question: PermissionQuestion;
  /** Name of its session. */
  readonly sessionName: string | null;
  /** Private directory of the run. */
  readonly launchFiles: string;
}

/**
 * The open questions, oldest first for each run.
 *
 * @param sessionId Undefined: of all sessions.
 */
export function askedIn(
  store: SessionStore,
  paths: Pick<ZagPaths, "launchFiles">,
  sessionId?: string,
): AskedPermission[] {
  const runs = sessionId === undefined ? store.runningProcesses() : store.processesOf(sessionId);
  return runs.flatMap((run) =>
    questionsOf(run, paths).map((question) => ({
      question,
      sessionName: store.getSession(question.session_id)?.name ?? null,
      launchFiles: paths.launchFiles(run.id),
    }))
  );
}

/**
 * Answers.
 *
 * @throws {ZagError} when somebody has answered before, or nobody waits any more
 */
export function answerQuestion(
  { question, launchFiles }: AskedPermission,
  answer: PermissionAnswer,
): void {
  let isFirst: boolean;
  try {
    isFirst = writeAnswer(launchFiles, question.id, answer);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ZagError(`Cannot answer question "${question.id}": its agent has ended`);
  }
  if (!isFirst) {
    throw new ZagError(`Cannot answer question "${question.id}": somebody has answered it`);
  }
}
