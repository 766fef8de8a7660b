/**
 * An agent that has the terminal: zag hands it over, keeps the log from the CLI's own session file,
 * and gives the terminal back as it was.
 */
import { Deadline, realClock } from "../processes/deadline.ts";
import { endTree } from "../processes/end_tree.ts";
import { followStops } from "../processes/job_control.ts";
import { startSubprocess } from "../processes/subprocess.ts";
import { saveTerminal } from "../processes/terminal.ts";
import { type DriveResult, GRACE_MS } from "./drive.ts";
import { Interrupt } from "./interrupt.ts";
import type { LaunchRequest, StartedPlan } from "./launch_request.ts";
import type { EndReason } from "./outcome.ts";
import type { Recorder } from "./recorder.ts";
import type { Settled } from "./settle.ts";
import type { TranscriptFile } from "./transcript_file.ts";
import { followTranscript, type TranscriptFollower } from "./transcript_follow.ts";

/** Starts the agent on the terminal and waits until it is done with it. */
export async function driveInteractive(
  started: StartedPlan,
  settled: Settled,
  recorder: Recorder,
  request: LaunchRequest,
  file: TranscriptFile | undefined,
): Promise<DriveResult> {
  request.signal?.throwIfAborted();
  const terminal = await saveTerminal();
  const follower = file && await follow(file, settled, recorder, request);
  // It must stay in the terminal's foreground group, or it could not read from the terminal.
  const child = startSubprocess({
    program: started.program,
    args: started.args,
    env: started.env,
    cwd: started.plan.cwd,
    detached: false,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  recorder.spawned(child.identity, false);
  request.observer?.spawned?.(child.pid);
  let endedBy: EndReason | undefined;
  let ending: Promise<unknown> | undefined;
  const urgent = new AbortController();
  const end = (reason: EndReason | undefined) => {
    endedBy ??= reason;
    const signal = reason?.kind === "aborted" ? reason.signal : undefined;
    ending ??= endTree(child.identity, {
      detached: false,
      marker: started.marker,
      graceMs: GRACE_MS,
      firstSignal: signal === "SIGHUP" ? "SIGHUP" : "SIGTERM",
      signal: urgent.signal,
    });
  };
  const abort = () => {
    const reason = request.signal?.reason;
    const interrupt = reason instanceof Interrupt ? reason : undefined;
    interrupt?.urgent?.addEventListener("abort", () => urgent.abort());
    end({ kind: "aborted", signal: interrupt?.signal, reason });
  };
  request.signal?.addEventListener("abort", abort);
  const { timeoutMs } = settled.options;
  using timeout = timeoutMs === undefined ? undefined : new Deadline(
    timeoutMs,
    () => end({ kind: "timeout", durationMs: timeoutMs }),
    realClock,
  );
  timeout?.start();
  using _stops = request.takesTerminal ? followStops(child.pid) : undefined;
  try {
    const exit = await child.exit;
    end(undefined);
    await ending;
    const abnormal = exit.signal !== null || endedBy !== undefined;
    await terminal?.restore({ reset: abnormal });
    return {
      exit,
      endedBy,
      stderr: "",
      rawText: undefined,
      rawTruncated: false,
      owesAnswer: false,
      error: undefined,
    };
  } finally {
    request.signal?.removeEventListener("abort", abort);
    await follower?.stop();
  }
}

async function follow(
  file: TranscriptFile,
  settled: Settled,
  recorder: Recorder,
  request: LaunchRequest,
): Promise<TranscriptFollower> {
  let parser = await file.parser();
  let prompt = settled.prompt;
  const switches = file.switch();
  let next: string | undefined;
  return followTranscript({
    path: file.path,
    find: () => file.find(),
    parser,
    offset: file.offset,
    rereads: file.transcript.rereads,
    log: (kinds) => {
      // The first message is in the log already, as it was typed.
      const fresh = kinds.filter((kind) => {
        if (kind.type !== "user_message" || prompt === undefined) return true;
        const known = kind.content === settled.composedPrompt || kind.content === prompt;
        prompt = undefined;
        return !known;
      });
      const { sessionId } = parser.state;
      const learnt = sessionId !== undefined && sessionId !== recorder.nativeId;
      recorder.log(fresh, learnt ? sessionId : undefined, "provider_file");
    },
    next: async () => {
      const current = next ?? recorder.nativeId;
      const other = await switches.next(current);
      if (!other) return undefined;
      next = other.id;
      parser = other.parser;
      const ids = { old_session_id: current ?? null, new_session_id: next };
      return { path: other.path, parser, entry: { type: "session_cleared", ...ids } };
    },
    polling: (reason) =>
      request.observer?.debug?.(`looking at ${file.path} every second: ${reason}`),
  });
}
