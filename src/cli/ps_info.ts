/** What programs are told about a run of an agent: the public view of its record. */
import { endReasonFields } from "../events/end_reason.ts";
import type { ProcessDescription } from "../processes/describe.ts";
import { pidOf, type StatedRun } from "../sessions/run_status.ts";
import { type QuestionPaths, questionsOf } from "../sessions/session_status.ts";
import { questionFields, type QuestionInfo } from "./question_info.ts";

/** A run as `zag ps list` prints it. Keys never leave or change their meaning. */
export interface RunInfo {
  readonly id: string;
  /** The agent's number, or that of zag before there is an agent. */
  readonly pid: number;
  readonly session_id: string | null;
  readonly provider: string;
  /** `""` when it is not known. */
  readonly model: string;
  /** The command that started it. */
  readonly command: string;
  /** The first 100 characters. */
  readonly prompt: string | null;
  readonly started_at: string;
  /** As recorded: `running`, `exited` or `killed`. */
  readonly status: string;
  /** Of the agent. */
  readonly exit_code: number | null;
  readonly exited_at: string | null;
  /** The directory that the session is about. */
  readonly root: string | null;
  /** Id of the run whose agent started this one. */
  readonly parent_process_id: string | null;
  /** Id of the session whose agent started this one. */
  readonly parent_session_id: string | null;
  /** As the processes say: `running`, `exited`, `killed` or `dead`. */
  readonly live_status: string;
  readonly agent_pid: number | null;
  /** Of the zag that looks after the agent. */
  readonly owner_pid: number;
  readonly session_name: string | null;
  /** Until when its session waits for the end of a usage limit; only while it does. */
  readonly waits_until?: string;
  /** What its agent asks and nobody has answered; only while it waits for that. */
  readonly questions?: readonly QuestionInfo[];
  /** Why it ended, where it did not just do its work or fail. */
  readonly end_reason?: string;
  /** The exit code of the zag that looked after it: 124 after a deadline, 125 after a budget. */
  readonly zag_exit_code?: number;
}

/** A process as it is printed. */
export interface ProcessInfo {
  readonly pid: number;
  readonly started_at: string | null;
  readonly command: string | null;
}

/**
 * The view of one run.
 *
 * @param paths Where to look what its agent asks.
 */
export function runInfo(listed: StatedRun, paths: QuestionPaths): RunInfo {
  const { run, liveStatus, sessionName, waitsUntil, endReason } = listed;
  return {
    id: run.id,
    pid: pidOf(run),
    session_id: run.sessionId,
    provider: run.provider,
    model: run.model ?? "",
    command: run.command,
    prompt: run.prompt,
    started_at: run.startedAt,
    status: run.status,
    exit_code: run.exitCode,
    exited_at: run.exitedAt,
    root: run.root,
    parent_process_id: run.parentProcessId,
    parent_session_id: run.parentSessionId,
    live_status: liveStatus,
    agent_pid: run.agentPid,
    owner_pid: run.ownerPid,
    session_name: sessionName,
    ...(waitsUntil === null ? {} : { waits_until: waitsUntil }),
    ...questionFields(questionsOf(run, paths)),
    ...endReasonFields(endReason),
  };
}

/** The view of a process. */
export function processInfo({ pid, startedAt, command }: ProcessDescription): ProcessInfo {
  return { pid, started_at: startedAt, command };
}
