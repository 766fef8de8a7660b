/** `zag ps kill`: ends an agent; the agent itself hands in its result with it. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";
import type { Ending } from "../../../orchestration/end_run.ts";

const flags = {
  file: valueFlag({ placeholder: "path", brief: "Read the result from this file" }),
  json: switchFlag({ brief: "Print an object" }),
};

type KillFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const killCommand = defineCommand({
  name: "kill",
  brief: "End an agent, with the result of its session if there is one",
  detail:
    'An agent in exit mode ends its session with "zag ps kill self RESULT". The result is checked ' +
    "against what the session was started with: one that does not satisfy it is refused, and the " +
    'session goes on. One that does is recorded, and counts as the success of the session; "zag ' +
    'output" prints it.\n\n' +
    "The agent and everything that it has started get SIGTERM, and SIGKILL after 5 seconds. From " +
    "outside of the session the command waits for that. Whoever gives no result from outside ends " +
    "the session without one, whatever it was started with; it counts as killed then.\n\n" +
    "A command that was cut off can be given again: the same result is taken once.",
  flags,
  operand: {
    name: "process",
    brief: '"self", an id or the beginning of one, a process number, or a session',
    required: true,
    then: { name: "result", brief: 'The result of the session; "-" reads it from stdin' },
  },
  run: runKill,
});

async function runKill(ctx: CliContext, flags: KillFlags, operands: string[]): Promise<number> {
  const [
    { openSessions },
    { givenRun, ownRun, runReference },
    { readResult, resultInfo },
    { killRun },
    { pidOf },
  ] = await Promise.all([
    import("../../open_sessions.ts"),
    import("../../ps_target.ts"),
    import("../../ps_result.ts"),
    import("../../../orchestration/end_run.ts"),
    import("../../../sessions/run_status.ts"),
  ]);
  const [given, operand] = operands;
  const reference = runReference(ctx, given!);
  const result = await readResult(ctx, operand, flags.file);
  // Whoever asks may be a part of what a killed zag has left behind.
  using open = await openSessions(ctx, flags, { keepStrays: true });
  const { store, paths } = open;
  const run = givenRun(ctx, open, reference);
  const pid = pidOf(run);
  const report = (submitted: boolean, failure?: unknown) => {
    const info = { id: run.id, pid, action: "kill", ...resultInfo(failure), submitted };
    return flags.json ? ctx.stdout.write(JSON.stringify(info) + "\n") : undefined;
  };
  let ending: Ending | undefined;
  try {
    ending = await killRun(store, paths, run, { result, reference, self: ownRun(ctx) });
    if (!ending.inside) await ending.finish();
  } catch (error) {
    await report(ending?.submitted !== undefined, error);
    throw error;
  }
  const submitted = ending.submitted !== undefined;
  try {
    await report(submitted);
    if (!flags.json) {
      const what = ending.inside
        ? "the session ends now"
        : `ended process ${pid} (${run.provider}, ${run.id})`;
      await ctx.stdout.write(submitted ? `Recorded the result; ${what}\n` : `${capital(what)}\n`);
    }
  } finally {
    // Nobody may be there to read anything once the agent has ended.
    if (ending.inside) await ending.finish();
  }
  return 0;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
