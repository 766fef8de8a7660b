/** `zag output`: prints the result of a session. */
import type { EndReasonFields } from "../../events/end_reason.ts";
import type { SessionRecord } from "../../sessions/records.ts";
import type { SessionStatus } from "../../sessions/session_status.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, scopeFlags, targetFlags } from "../flags.ts";
import type { Sessions } from "../open_sessions.ts";

const flags = {
  latest: targetFlags.latest,
  name: targetFlags.name,
  tag: valueFlag({ placeholder: "tag", brief: "All sessions with this tag, newest first" }),
  json: switchFlag({ brief: "Print an object with the session, its result and its status" }),
  ...scopeFlags,
};

type OutputFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const outputCommand = defineCommand({
  name: "output",
  brief: "Print the result of a session",
  detail:
    "The result is what the session handed in, else the last thing that the agent said. Without " +
    "a session the newest of the project is taken. Of one that runs, or did not come to a good " +
    "end, it is what was said so far; a note on stderr says so. A session without a result is an " +
    "error.",
  readsOnly: true,
  flags,
  operand: { name: "session", brief: "Id, the beginning of one, or a name" },
  run: runOutput,
});

async function runOutput(
  ctx: CliContext,
  flags: OutputFlags,
  operands: readonly string[],
): Promise<number> {
  const [{ givenTarget }, { openSessions }, { findSessions }, { resolveSession }] = await Promise
    .all([
      import("../session_target.ts"),
      import("../open_sessions.ts"),
      import("../find_sessions.ts"),
      import("../../sessions/resolve.ts"),
    ]);
  const target = givenTarget(operands[0], flags) ?? { latest: true };
  using sessions = await openSessions(ctx, flags);
  const { store, scope } = sessions;
  const { found, missing } = "tag" in target
    ? await findSessions(ctx, sessions, [], [target.tag])
    : { found: [resolveSession(store, target, scope)], missing: 0 };
  const code = flags.json
    ? await printJson(ctx, sessions, found, flags.quiet)
    : await printTexts(ctx, sessions, found, flags.quiet);
  return missing === 0 ? code : 1;
}

async function printTexts(
  ctx: CliContext,
  sessions: Sessions,
  found: readonly SessionRecord[],
  quiet: boolean,
): Promise<number> {
  const { resultText } = await import("../session_result.ts");
  let printed = 0;
  for (const session of found) {
    const { result, status } = await resultOrReason(ctx, sessions, session);
    if (result === undefined) continue;
    const gap = printed++ === 0 ? "" : "\n";
    await ctx.stdout.write(`${gap}${resultText(ctx, result)}\n`);
    if (!quiet) await warnIfPartial(ctx, session, status);
  }
  return printed === found.length ? 0 : 1;
}

/** What `--json` prints of a session. */
interface OutputEntry extends EndReasonFields {
  session_id: string;
  result: string | null;
  status: SessionStatus;
}

async function printJson(
  ctx: CliContext,
  sessions: Sessions,
  found: readonly SessionRecord[],
  quiet: boolean,
): Promise<number> {
  const [{ jsonText }, { endReasonFields }] = await Promise.all([
    import("../json_text.ts"),
    import("../../events/end_reason.ts"),
  ]);
  const entries: OutputEntry[] = [];
  for (const session of found) {
    const { result = null, status } = await resultOrReason(ctx, sessions, session);
    const why = endReasonFields(session.endReason);
    entries.push({ session_id: session.sessionId, result, status, ...why });
    if (result !== null && !quiet) await warnIfPartial(ctx, session, status);
  }
  const json = JSON.stringify(entries.length === 1 ? entries[0] : entries);
  await ctx.stdout.write(jsonText(ctx, json) + "\n");
  return entries.every(({ result }) => result !== null) ? 0 : 1;
}

/** How a session stands that has not come to a good end. */
const STANDINGS: Readonly<Record<string, string>> = {
  running: "is running",
  idle: "is idle",
  dead: "is dead",
  timeout: "timed out",
  interrupted: "was interrupted",
  killed: "was killed",
  failed: "failed",
};

/** Says it when the text is no result, but the last that was said before things went otherwise. */
async function warnIfPartial(
  ctx: CliContext,
  session: SessionRecord,
  status: SessionStatus,
): Promise<void> {
  const standing = STANDINGS[session.outcome ?? ""] ?? STANDINGS[status];
  if (standing === undefined) return;
  const { printMessage } = await import("../message.ts");
  const id = JSON.stringify(session.sessionId);
  await printMessage(
    ctx,
    `warning: session ${id} ${standing}: this is what it had said so far`,
  );
}

/** How a session stands, and its result; where there is none, says so. */
async function resultOrReason(
  ctx: CliContext,
  { store }: Sessions,
  session: SessionRecord,
): Promise<{ result?: string; status: SessionStatus }> {
  const { readResult } = await import("../session_result.ts");
  const read = await readResult(store, session, ctx.now());
  const { result, state: { status, error }, problem = "it has none" } = read;
  if (result !== undefined) return { result, status };
  const { printError } = await import("../errors.ts");
  await printError(
    ctx,
    `Cannot print the result of session ${JSON.stringify(session.sessionId)}: ${problem} ` +
      `(${error ? `${status}: ${error}` : status})`,
  );
  return { status };
}
