/**
 * Drives an agent, and starts it once more when the first start came to nothing: it could not be
 * started for the moment, it crashed or hung before its first byte. Whatever could have happened by then
 * must not happen twice, so in doubt there is no second start.
 */
import { delay } from "../delay.ts";
import type { LogKind } from "../events/log_event.ts";
import { SpawnError } from "../processes/subprocess.ts";
import type { Parser } from "../providers/parser.ts";
import { readEndRequest } from "../sessions/end_request.ts";
import { AwakeTime } from "./awake_time.ts";
import { drive, type DriveResult } from "./drive.ts";
import {
  driveRequest,
  parserOptions,
  permissionGate,
  ShownEvents,
  type Start,
} from "./drive_request.ts";
import { formatDuration } from "./outcome.ts";
import { resumedId } from "./plan_request.ts";
import { followSpending } from "./watch_budget.ts";

/** An agent that was driven to its end, and the start that it was. */
export interface Driven {
  readonly start: Start;
  readonly parser: Parser;
  readonly shown: ShownEvents;
  readonly result: DriveResult;
}

/** What passes: a program that is being written, no room for a process (on Linux, on macOS). */
const PASSING = ["ETXTBSY", "EAGAIN", "(os error 26)", "(os error 11)", "(os error 35)"];
const PASSING_MS = 500;

/** Signals of a program that broke; any other was sent by somebody who wanted it to end. */
const CRASHES = new Set<string | null>(["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT"]);
/** As a shell reports a program that one of the others has ended. */
const ENDED_CODES = new Set<number | null>([129, 130, 131, 137, 143]);

/**
 * Sees an agent through that has no terminal.
 *
 * @throws {SpawnError} when it cannot be started
 */
export async function driveAgent(start: Start): Promise<Driven> {
  const { request, recorder, settled: { options: { timeoutMs } } } = start;
  using time = new AwakeTime(timeoutMs, request.spentMs);
  const first = await attempt(start);
  const failed = "error" in first
    ? passingProblem(start, first.error)
    : await falseStart(first, time.ms);
  if (failed === undefined) {
    if ("error" in first) throw first.error;
    return first;
  }
  const message = `${failed.why}; it is started once more`;
  recorder.log([{ type: "user_event", level: "warn", message }]);
  request.observer?.warning?.(message);
  if ("error" in first) await delay(PASSING_MS, request.signal);
  const again = failed.isTaken ? await start.underAnotherId() : start;
  const second = await attempt({ ...again, request: { ...again.request, spentMs: time.ms } });
  if ("error" in second) throw second.error;
  const { endedBy } = second.result;
  if (endedBy?.kind !== "first-byte") return second;
  const waitedFor = `${endedBy.waitedFor} of a second start`;
  return { ...second, result: { ...second.result, endedBy: { ...endedBy, waitedFor } } };
}

interface Attempt extends Driven {
  /** It has come to nothing that is logged or shown. */
  readonly isBlank: boolean;
}

async function attempt(start: Start): Promise<Attempt | { readonly error: unknown }> {
  const parser = start.settled.provider.parser(await parserOptions(start));
  const shown = new ShownEvents(start.request, parser.state, start.limits);
  const request = driveRequest(start, parser, shown, await permissionGate(start));
  let isBlank = true;
  await using _reads = await followSpending(start, parser);
  try {
    const result = await drive({
      ...request,
      log: (kinds) => {
        if (kinds.length > 0) isBlank = false;
        request.log(kinds);
      },
      show: (events) => {
        if (events.length > 0) isBlank = false;
        return request.show(events);
      },
    });
    return { start, parser, shown, result, isBlank };
  } catch (error) {
    return { error };
  }
}

/** Why there is to be a second start. */
interface FalseStart {
  readonly why: string;
  /** The agent's CLI has begun a file for the session, so that the id is used up. */
  readonly isTaken: boolean;
}

function passingProblem({ settled, request }: Start, error: unknown): FalseStart | undefined {
  if (!settled.watchdog.retries || request.signal?.aborted) return undefined;
  if (!(error instanceof SpawnError) || !(error.cause instanceof Error)) return undefined;
  const { code } = error.cause as { code?: unknown };
  const said = `${code} ${error.cause.message}`;
  if (!PASSING.some((problem) => said.includes(problem))) return undefined;
  return { why: error.message, isTaken: false };
}

/** Why an agent is started once more; undefined where anything may have happened. */
async function falseStart(
  { start, parser, result, isBlank }: Attempt,
  spentMs: number,
): Promise<FalseStart | undefined> {
  const { settled, started, request, launchFiles } = start;
  const { provider: { displayName }, watchdog, options } = settled;
  if (!watchdog.retries || !isBlank || result.heard !== false) return undefined;
  // Where stdout is no stream of events its silence says nothing.
  if (started.plan.stdout !== "events" || result.error !== undefined) return undefined;
  // What was read of the messages cannot be read again.
  if (started.plan.stdin === "stream" && request.input) return undefined;
  if (request.signal?.aborted || readEndRequest(launchFiles)) return undefined;
  if (options.timeoutMs !== undefined && spentMs >= options.timeoutMs) return undefined;
  const how = howItEnded(result);
  if (how === undefined) return undefined;
  const file = await fileOf(start, parser);
  return file === "begun"
    ? undefined
    : { why: `${displayName} ${how}`, isTaken: file === "without an answer" };
}

function howItEnded({ endedBy, exit, stderr }: DriveResult): string | undefined {
  if (endedBy?.kind === "first-byte") {
    return `gave no sign of life for ${formatDuration(endedBy.durationMs)} and was ended`;
  }
  // Who says why they end would end for the same reason again.
  if (endedBy !== undefined || stderr.trim() !== "") return undefined;
  if (exit.signal !== null) {
    return CRASHES.has(exit.signal)
      ? `was ended by ${exit.signal} before its first word`
      : undefined;
  }
  if (ENDED_CODES.has(exit.code)) return undefined;
  return `ended without a word (exit code ${exit.code})`;
}

/** What the agent's CLI has written down of this run. */
async function fileOf(
  { file, settled, recorder }: Start,
  parser: Parser,
): Promise<"begun" | "without an answer" | "none"> {
  // Nobody can look into a sandbox.
  if (!file) return "begun";
  const path = await file.find(parser.state.sessionId ?? recorder.nativeId);
  if (path === undefined) return "none";
  const size = await Deno.stat(path).then((info) => info.size, () => 0);
  const resumes = resumedId(settled) !== undefined;
  // With the prompt in it twice the session would be another one.
  if (resumes) return size > file.offset ? "begun" : "none";
  const kinds: LogKind[] = [];
  const { readTranscript } = await import("./transcript_follow.ts");
  await readTranscript({
    path,
    parser: await file.parser(),
    offset: file.offset,
    log: (fresh) => void kinds.push(...fresh),
  });
  return kinds.every(({ type }) => type === "user_message") ? "without an answer" : "begun";
}
