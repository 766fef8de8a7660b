/** `zag env`: the variables that make a shell part of a session. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, scopeFlags, targetFlags } from "../flags.ts";

const flags = {
  ...scopeFlags,
  ...targetFlags,
  session: valueFlag({ placeholder: "session", brief: "Same as the operand" }),
  shell: switchFlag({ brief: "Print commands for eval in a POSIX shell" }),
};

type EnvFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const envCommand = defineCommand({
  name: "env",
  brief: "Print the environment variables of a session",
  detail: "Without a session it is the one in ZAG_SESSION_ID, else the newest of the project. " +
    "Values that hold a line break stand as JSON strings, with --shell in single quotes:\n\n" +
    '  eval "$(zag env --shell my-session)"',
  readsOnly: true,
  flags,
  operand: { name: "session", brief: "Its id, the beginning of one, or its name" },
  run: runEnv,
});

async function runEnv(ctx: CliContext, flags: EnvFlags, operands: string[]): Promise<number> {
  const [{ openSessions }, { givenTarget }, { resolveSession }, variables] = await Promise.all([
    import("../open_sessions.ts"),
    import("../session_target.ts"),
    import("../../sessions/resolve.ts"),
    import("../session_variables.ts"),
  ]);
  const own = ctx.env.get("ZAG_SESSION_ID");
  const target = givenTarget(operands[0], flags) ?? (own ? { ref: own } : { latest: true });
  using open = await openSessions(ctx, flags);
  const session = resolveSession(open.store, target, open.scope);
  const run = open.store.processesOf(session.sessionId)[0];
  const line = flags.shell ? variables.shellLine : variables.plainLine;
  const text = variables.sessionVariables(session, run)
    .map(([name, value]) => line(name, value) + "\n").join("");
  const { withoutControls } = await import("../../events/render/text.ts");
  await ctx.stdout.write(ctx.stdout.isTerminal ? withoutControls(text) : text);
  return 0;
}
