/** Ends a session whose run has left it open for the next one, which could not begin. */
import { zagPaths } from "../config/paths.ts";
import { realHost } from "../host.ts";
import { SessionLog } from "../sessions/log.ts";
import { markEnded } from "../sessions/markers.ts";
import type { LaunchRequest } from "./launch_request.ts";
import type { LaunchOutcome } from "./outcome.ts";
import { closingLines } from "./run_record.ts";
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
    if (!store || !session || session.outcome !== null || session.logPath === null) return;
    using log = SessionLog.reopen({
      path: session.logPath,
      provider: session.provider,
      sessionId: session.sessionId,
      nativeId: session.providerSessionId ?? undefined,
      now,
    });
    const { outcome, failure: error, exit } = run;
    const appended = log.append(closingLines({ outcome, error, exit }));
    const endedAt = appended?.ts ?? now().toISOString();
    store.atOnce(() => {
      store.endProcess(run.processId, { status: "exited", exitCode: exit.code, at: endedAt });
      store.updateSession(session.sessionId, {
        endedAt,
        outcome,
        exitCode: exit.code,
        signal: exit.signal,
        error: error ?? null,
        logCompleteness: log.completeness,
      });
    });
    const marked = { success: outcome === "success", exitCode: exit.code };
    await markEnded(zagPaths(env), session.sessionId, marked, new Date(endedAt));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    request.observer?.warning?.(`this session is not fully recorded: ${reason}`);
  }
}
