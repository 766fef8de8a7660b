/** `zag ps show`: everything that is known about one run. */
import { defineCommand, type FlagValues, switchFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = { json: switchFlag({ brief: "Print an object" }) };

type ShowFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const showCommand = defineCommand({
  name: "show",
  brief: "Show what is known about a run",
  readsOnly: true,
  flags,
  operand: {
    name: "process",
    brief: '"self", an id or the beginning of one, a process number, or a session',
    required: true,
  },
  run: runShow,
});

async function runShow(ctx: CliContext, flags: ShowFlags, operands: string[]): Promise<number> {
  const [{ openSessions }, { givenRun, runReference }, { processInfo, runInfo }, { processesOf }] =
    await Promise.all([
      import("../../open_sessions.ts"),
      import("../../ps_target.ts"),
      import("../../ps_info.ts"),
      import("../../../orchestration/run_processes.ts"),
    ]);
  const [{ childrenOf }, { runsNow }] = await Promise.all([
    import("../../ps_tree.ts"),
    import("../../../sessions/run_status.ts"),
  ]);
  const reference = runReference(ctx, operands[0]!);
  using open = await openSessions(ctx, flags);
  const { id } = givenRun(ctx, open, reference);
  const all = runsNow(open.store);
  const listed = all.find(({ run }) => run.id === id)!;
  const infoOf = (each: typeof listed) => runInfo(each, open.paths);
  const info = infoOf(listed);
  const details = {
    ...info,
    children: childrenOf(all.map(infoOf), id),
    processes: info.live_status === "running"
      ? (await processesOf(listed.run)).map(processInfo)
      : [],
  };
  if (flags.json) {
    const { jsonText } = await import("../../json_text.ts");
    await ctx.stdout.write(jsonText(ctx, JSON.stringify(details)) + "\n");
    return 0;
  }
  const { runText } = await import("../../ps_view.ts");
  const width = ctx.stdout.isTerminal ? ctx.stdout.columns : undefined;
  await ctx.stdout.write(runText(details, width, ctx.color("stdout")));
  return 0;
}
