/** `zag log`: adds a line to the log of a session. */
import { defineCommand, type FlagValues, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, scopeFlags } from "../flags.ts";

const flags = {
  session: valueFlag({
    placeholder: "session",
    brief: "The session; without it the one whose agent calls zag (ZAG_SESSION_ID)",
  }),
  level: valueFlag({
    placeholder: "level",
    choices: ["info", "warn", "error", "debug"],
    brief: "How important it is",
    default: "info",
  }),
  data: valueFlag({ placeholder: "json", brief: "A JSON value to keep with it", parse: parseJson }),
  ...scopeFlags,
};

type LogFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const logCommand = defineCommand({
  name: "log",
  brief: "Add a line to the log of a session",
  detail: 'An agent notes its progress with it: "zag listen" shows the line as it is written.',
  flags,
  operand: { name: "message", brief: "What to log", required: true },
  run: runLog,
});

async function runLog(
  ctx: CliContext,
  flags: LogFlags,
  operands: readonly string[],
): Promise<number> {
  const { UsageError } = await import("../errors.ts");
  const message = operands[0] ?? "";
  if (message.trim() === "") throw new UsageError("Cannot log an empty message");
  const ref = flags.session ?? (ctx.env.get("ZAG_SESSION_ID") || undefined);
  if (ref === undefined) {
    throw new UsageError(
      "Cannot choose a session: give --session",
      "Inside of a session ZAG_SESSION_ID names it",
    );
  }
  const [{ openSessions }, { resolveSession }, { appendUserEvent }, { withOwnLog }] = await Promise
    .all([
      import("../open_sessions.ts"),
      import("../../sessions/resolve.ts"),
      import("../../sessions/user_event.ts"),
      import("../../sessions/own_log.ts"),
    ]);
  using sessions = await openSessions(ctx, flags);
  const session = resolveSession(sessions.store, { ref }, { ...sessions.scope, strict: true });
  appendUserEvent(withOwnLog(sessions.store, sessions.paths, session), {
    type: "user_event",
    level: flags.level ?? "info",
    message,
    ...(flags.data === undefined ? {} : { data: flags.data }),
  });
  return 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`it is no JSON: ${(error as Error).message}`);
  }
}
