/** `zag wait`: blocks until sessions have ended. */
import type { EndedSession } from "../../orchestration/wait_sessions.ts";
import type { SessionRecord } from "../../sessions/records.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { parseDuration } from "../duration.ts";
import { type GlobalFlags, scopeFlags, targetFlags } from "../flags.ts";
import type { Sessions } from "../open_sessions.ts";

const flags = {
  tag: listFlag({ placeholder: "tag", brief: "All sessions with this tag" }),
  latest: targetFlags.latest,
  timeout: valueFlag({
    placeholder: "duration",
    brief: "Stop waiting after this time, such as 90, 5m or 1h30m",
    parse: parseDuration,
  }),
  any: switchFlag({ brief: "Stop waiting at the first end, whether it is a good one or not" }),
  json: switchFlag({ brief: "Print an object for each session, one a line" }),
  ...scopeFlags,
};

type WaitFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const waitCommand = defineCommand({
  name: "wait",
  brief: "Wait until sessions have ended",
  detail:
    "Prints a line for each session when it has ended, in the order of the ends; one that ended " +
    "before counts at once, and one that was resumed runs again. The sessions do not notice that " +
    "they are waited for, and go on when the waiting ends. Those of a tag are the ones that have " +
    "it when the command begins, without the session that the command is started in.\n\n" +
    "The exit code is 0 if all completed, 1 if one did not (or, with --any, the one that ended), " +
    "and 124 if the time was over before.",
  readsOnly: true,
  flags,
  operand: { name: "session", brief: "Its id, the beginning of one, or its name", many: true },
  run: runWait,
});

async function runWait(
  ctx: CliContext,
  flags: WaitFlags,
  operands: readonly string[],
): Promise<number> {
  const [
    { openSessions },
    { listenForInterrupts },
    { waitForSessions },
    { realClock },
    { WaitView },
    { printMessage },
    { announceWaiting },
  ] = await Promise.all([
    import("../open_sessions.ts"),
    import("../interrupts.ts"),
    import("../../orchestration/wait_sessions.ts"),
    import("../../processes/deadline.ts"),
    import("../wait_view.ts"),
    import("../message.ts"),
    import("../../sessions/waiting.ts"),
  ]);
  await checkSelection(flags, operands);
  using interrupts = listenForInterrupts();
  const late = new AbortController();
  using _deadline = flags.timeout === undefined
    ? undefined
    : realClock.setTimer(flags.timeout, () => late.abort());
  using sessions = await openSessions(ctx, flags);
  const waited = await sessionsToWaitFor(ctx, sessions, flags, operands);
  const { store, paths } = sessions;
  const ids = waited.map(({ sessionId }) => sessionId);
  using _waiting = announceWaiting(paths, ctx.env.get("ZAG_SESSION_ID"), ids);
  using view = new WaitView(ctx, flags, waited.length);
  const ends = waitForSessions({ store, paths, now: () => ctx.now() }, waited, {
    signal: interrupts.signal,
    late: late.signal,
    debug: (message) => void (flags.debug && printMessage(ctx, `* ${message}`)),
  });
  const left = new Map(waited.map((session) => [session.sessionId, session]));
  let failed = false;
  for await (const end of ends) {
    left.delete(end.session.sessionId);
    failed ||= !succeeded(end);
    await view.ended(end);
    if (flags.any) return failed ? 1 : 0;
  }
  interrupts.signal.throwIfAborted();
  if (left.size === 0) return failed ? 1 : 0;
  const { ExitCode } = await import("../errors.ts");
  const { sessionState } = await import("../../sessions/session_status.ts");
  const unfinished = [...left.keys()].map((id) => store.getSession(id) ?? left.get(id)!);
  await view.late(
    unfinished.map((session) => ({
      session,
      state: sessionState(store, session, ctx.now(), paths),
    })),
    flags.timeout!,
  );
  return ExitCode.deadline;
}

function succeeded({ state }: EndedSession): boolean {
  return state.status === "completed";
}

async function checkSelection(
  { tag, latest }: WaitFlags,
  operands: readonly string[],
): Promise<void> {
  const { UsageError } = await import("../errors.ts");
  if (!latest) {
    if (operands.length > 0 || tag.length > 0) return;
    throw new UsageError("Cannot choose a session: give one or more, --tag or --latest");
  }
  const [other] = operands.length > 0
    ? ["the session " + JSON.stringify(operands[0])]
    : tag.length > 0
    ? ["--tag"]
    : [];
  if (other) {
    throw new UsageError(`Cannot use ${other} together with --latest: give one of them`);
  }
}

/**
 * The sessions that are meant. The one that this command runs in cannot end while its agent waits for
 * it: a tag does not mean it, and whoever names it is told.
 *
 * @throws as `resolveSessions`
 */
async function sessionsToWaitFor(
  ctx: CliContext,
  { store, scope }: Sessions,
  { tag, latest, quiet }: WaitFlags,
  operands: readonly string[],
): Promise<SessionRecord[]> {
  const { resolveSession, resolveSessions } = await import("../../sessions/resolve.ts");
  const own = ctx.env.get("ZAG_SESSION_ID");
  const named = latest
    ? [resolveSession(store, { latest: true }, scope)]
    : resolveSessions(store, operands, [], scope);
  if (!quiet && named.some(({ sessionId }) => sessionId === own)) {
    const { printMessage } = await import("../message.ts");
    await printMessage(
      ctx,
      `warning: session ${own} is the one that this command was started in: ` +
        "it does not end as long as its agent waits",
    );
  }
  if (tag.length === 0) return await warnOfCircle(ctx, store, named, quiet);
  const names = new Set(named.map(({ sessionId }) => sessionId));
  const all = resolveSessions(store, operands, tag, scope);
  const others = all.filter(({ sessionId }) => sessionId !== own || names.has(sessionId));
  if (others.length > 0) return await warnOfCircle(ctx, store, others, quiet);
  const { CliError } = await import("../errors.ts");
  throw new CliError(
    `Cannot wait for the sessions tagged ${JSON.stringify(tag.join(", "))}: ` +
      "the only one is that which this command was started in",
  );
}

/** One that starts when this session has ended does not start as long as its agent waits. */
async function warnOfCircle(
  ctx: CliContext,
  store: Sessions["store"],
  sessions: SessionRecord[],
  quiet: boolean,
): Promise<SessionRecord[]> {
  const own = ctx.env.get("ZAG_SESSION_ID");
  if (quiet || !own) return sessions;
  const { waitsFor } = await import("../../sessions/dependencies.ts");
  const stuck = sessions.find((session) => waitsFor(store, session, own));
  if (!stuck) return sessions;
  const { printMessage } = await import("../message.ts");
  await printMessage(
    ctx,
    `warning: session ${stuck.sessionId} depends on ${own}, the one that this command was started ` +
      "in: it does not begin as long as its agent waits",
  );
  return sessions;
}
