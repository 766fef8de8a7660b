/** `zag ps stop`: asks agents to end. */
import { defineCommand, type FlagValues, switchFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";
import type { Stopping } from "../../../orchestration/stop_run.ts";
import type { ProcessRecord } from "../../../sessions/records.ts";
import type { Sessions } from "../../open_sessions.ts";

const flags = { json: switchFlag({ brief: "Print an object a line for each process" }) };

type StopFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const stopCommand = defineCommand({
  name: "stop",
  brief: "Ask agents to end, by SIGHUP",
  detail:
    "The signal goes to the agent and to everything that it has started. An agent that still " +
    'runs after 2 seconds is reported, and goes on: "zag ps kill" ends it. When one of several ' +
    "cannot be found, none is stopped.",
  flags,
  operand: {
    name: "process",
    brief: '"self", an id or the beginning of one, a process number, or a session',
    required: true,
    many: true,
  },
  run: runStop,
});

async function runStop(ctx: CliContext, flags: StopFlags, operands: string[]): Promise<number> {
  const [{ openSessions }, { givenRun, runReference }, { reportError }] = await Promise.all([
    import("../../open_sessions.ts"),
    import("../../ps_target.ts"),
    import("../../errors.ts"),
  ]);
  const references = operands.map((operand) => runReference(ctx, operand));
  // Whoever asks may be a part of what a killed zag has left behind.
  using open = await openSessions(ctx, flags, { keepStrays: true });
  const runs = new Map(references.map((reference) => {
    const run = givenRun(ctx, open, reference);
    return [run.id, { run, reference }];
  }));
  let code = 0;
  for (const { run, reference } of runs.values()) {
    try {
      await stopOne(ctx, open, run, reference, flags.json);
    } catch (error) {
      if (runs.size === 1) throw error;
      const one = await reportError(error, ctx, flags);
      code ||= one;
    }
  }
  return code;
}

async function stopOne(
  ctx: CliContext,
  { store, paths }: Sessions,
  run: ProcessRecord,
  reference: string,
  json: boolean,
): Promise<void> {
  const [{ stopRun }, { pidOf }, { ownRun }, { resultInfo }, { CliError }] = await Promise.all([
    import("../../../orchestration/stop_run.ts"),
    import("../../../sessions/run_status.ts"),
    import("../../ps_target.ts"),
    import("../../ps_result.ts"),
    import("../../errors.ts"),
  ]);
  const pid = pidOf(run);
  const report = (failure?: unknown) => {
    const info = { id: run.id, pid, action: "stop", ...resultInfo(failure) };
    return json ? ctx.stdout.write(JSON.stringify(info) + "\n") : undefined;
  };
  const say = async () => {
    await report();
    if (!json) await ctx.stdout.write(`Stopped process ${pid} (${run.provider}, ${run.id})\n`);
  };
  let stopping: Stopping;
  try {
    stopping = await stopRun(store, paths, run, { reference, self: ownRun(ctx) });
    if (!stopping.inside && !await stopping.finish()) {
      throw new CliError(
        `Cannot stop process ${pid}: it was sent SIGHUP, and still runs after 2 seconds`,
        undefined,
        `"zag ps kill ${run.id}" ends it`,
      );
    }
  } catch (error) {
    await report(error);
    throw error;
  }
  try {
    await say();
  } finally {
    // Nobody may be there to read anything once the agent has ended.
    if (stopping.inside) await stopping.finish();
  }
}
