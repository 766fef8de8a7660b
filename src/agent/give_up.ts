/** Ends a session whose run has left it open for the next one, which could not begin. */
import { zagPaths } from "../config/paths.ts";
import { realHost } from "../host.ts";
import { noticeEnd } from "../notify/notify.ts";
import { LogAppender } from "../sessions/log.ts";
import { markEnded } from "../sessions/markers.ts";
import type { LaunchRequest } from "./launch_request.ts";
import type { LaunchOutcome } from "./outcome.ts";
import { closingLines, type SessionEnd, untoldEnd } from "./run_record.ts";
import { openStore } from "./session_access.ts";

/** Closes the books with the outcome of the run, unless somebody has. Never throws. */
export async function giveUp(request: LaunchRequest, run: LaunchOutcome): Promise<void> {
  const host = request.host ?? realHost();
  const { env } = host;
  const now = () => host.now();
  try {
    using access = await openStore(env, request.observer ?? {});
    const store = access.open;
    const session = store?.getSession(run.sessionId);
    if (!store || !session || session.outcome !== null) return;
    await using _place = await request.settlePlace?.(store);
    const { outcome, endReason: reason, exit, settled, stderr } = run;
    const isOwn = outcome === "success" || outcome === "failure" && exit.signal === null;
    // A log that a program has begun is its own to end.
    if (typeof request.log === "object") {
      const status = isOwn ? "exited" : "killed";
      store.endProcess(run.processId, { status, exitCode: exit.code });
      noticeEnd(zagPaths(env), run.processId, { outcome, error: run.failure });
      return;
    }
    const whole = {
      outcome,
      error: run.failure,
      reason,
      exit,
      stderr: settled ? undefined : stderr,
    };
    const end: SessionEnd = request.log === "off" ? untoldEnd(whole) : whole;
    using log = session.logPath === null ? undefined : LogAppender.reopen({
      path: session.logPath,
      provider: session.provider,
      sessionId: session.sessionId,
      nativeId: session.providerSessionId ?? undefined,
      now,
    });
    const { observer } = request;
    if (observer?.logged) log?.listen((event) => observer.logged?.(event, log.path));
    const appended = log?.append(closingLines(end));
    const endedAt = appended?.ts ?? now().toISOString();
    store.atOnce(() => {
      store.endProcess(run.processId, {
        status: isOwn ? "exited" : "killed",
        exitCode: exit.code,
        at: endedAt,
      });
      store.updateSession(session.sessionId, {
        endedAt,
        outcome,
        endReason: reason ?? null,
        exitCode: exit.code,
        signal: exit.signal,
        error: end.error ?? null,
        ...(log && { logCompleteness: log.completeness }),
      });
    });
    const marked = { success: outcome === "success", exitCode: exit.code };
    await markEnded(zagPaths(env), session.sessionId, marked, new Date(endedAt));
    noticeEnd(zagPaths(env), run.processId, { outcome, error: end.error, at: endedAt });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    request.observer?.warning?.(`this session is not fully recorded: ${reason}`);
  }
}
