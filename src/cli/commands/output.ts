/** `zag output`: prints the result of a session. */
import type { SessionRecord } from "../../sessions/records.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, scopeFlags, targetFlags } from "../flags.ts";
import type { Sessions } from "../open_sessions.ts";

const flags = {
  latest: targetFlags.latest,
  name: targetFlags.name,
  tag: valueFlag({ placeholder: "tag", brief: "All sessions with this tag, newest first" }),
  json: switchFlag({ brief: "Print an object with the session and its result" }),
  ...scopeFlags,
};

type OutputFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const outputCommand = defineCommand({
  name: "output",
  brief: "Print the result of a session",
  detail:
    "The result is what the session handed in, else the last thing that the agent said. Without " +
    "a session the newest of the project is taken. A session without a result is an error.",
  flags,
  operand: { name: "session", brief: "Id, the beginning of one, or a name" },
  run: runOutput,
});

async function runOutput(
  ctx: CliContext,
  flags: OutputFlags,
  operands: readonly string[],
): Promise<number> {
  const [{ givenTarget }, { openSessions }, { resolveSession, resolveSessions }] = await Promise
    .all([
      import("../session_target.ts"),
      import("../open_sessions.ts"),
      import("../../sessions/resolve.ts"),
    ]);
  const target = givenTarget(operands[0], flags) ?? { latest: true };
  using sessions = await openSessions(ctx, flags);
  const { store, scope } = sessions;
  const found = "tag" in target
    ? resolveSessions(store, [], [target.tag], scope)
    : [resolveSession(store, target, scope)];
  return flags.json
    ? await printJson(ctx, sessions, found)
    : await printTexts(ctx, sessions, found);
}

async function printTexts(
  ctx: CliContext,
  sessions: Sessions,
  found: readonly SessionRecord[],
): Promise<number> {
  const { withoutControls } = await import("../../events/render/text.ts");
  let printed = 0;
  for (const session of found) {
    const result = await resultOf(ctx, sessions, session);
    if (result === undefined) continue;
    const text = ctx.stdout.isTerminal ? withoutControls(result) : result;
    const gap = printed++ === 0 ? "" : "\n";
    await ctx.stdout.write(`${gap}${text.replace(/[\r\n]+$/, "")}\n`);
  }
  return printed === found.length ? 0 : 1;
}

async function printJson(
  ctx: CliContext,
  sessions: Sessions,
  found: readonly SessionRecord[],
): Promise<number> {
  const entries: { session_id: string; result: string | null }[] = [];
  for (const session of found) {
    const result = await resultOf(ctx, sessions, session) ?? null;
    entries.push({ session_id: session.sessionId, result });
  }
  await ctx.stdout.write(JSON.stringify(entries.length === 1 ? entries[0] : entries) + "\n");
  return entries.every(({ result }) => result !== null) ? 0 : 1;
}

/** The result; where there is none, says so and how the session stands. */
async function resultOf(
  ctx: CliContext,
  { store }: Sessions,
  session: SessionRecord,
): Promise<string | undefined> {
  const { LogNotFoundError, resultOf } = await import("../../sessions/log_reader.ts");
  let reason = "it has none";
  try {
    const result = session.logPath === null ? undefined : await resultOf(session.logPath);
    if (result !== undefined) return result;
    if (session.logPath === null) reason = "it has no log";
  } catch (error) {
    if (error instanceof LogNotFoundError) reason = `its log is gone: ${session.logPath}`;
    else reason = error instanceof Error ? error.message : String(error);
  }
  const { printError } = await import("../errors.ts");
  const { sessionState } = await import("../../sessions/session_status.ts");
  const { withoutControls } = await import("../../events/render/text.ts");
  const { status, error } = sessionState(store, session, ctx.now());
  await printError(
    ctx,
    `Cannot print the result of session ${JSON.stringify(session.sessionId)}: ${reason} ` +
      `(${withoutControls(error ? `${status}: ${error}` : status)})`,
  );
}
