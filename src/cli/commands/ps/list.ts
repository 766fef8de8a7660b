/** `zag ps list`: the runs of agents, newest first, with those below that their agents started. */
import type { ListedRun } from "../../../sessions/lookups.ts";
import type { StatedRun } from "../../../sessions/run_status.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { type GlobalFlags, parseCount } from "../../flags.ts";
import type { Sessions } from "../../open_sessions.ts";
import type { ProcessInfo, RunInfo } from "../../ps_info.ts";

const flags = {
  running: switchFlag({ brief: "Only what runs" }),
  orphans: switchFlag({
    brief: "Only what lives on although its zag is gone, with its processes; ends nothing",
  }),
  provider: valueFlag({ short: "p", placeholder: "name", brief: "Only agents of this provider" }),
  children: valueFlag({
    placeholder: "id",
    brief: "Only what the agent of this run or session has started, and what that has started",
  }),
  limit: valueFlag({
    short: "n",
    placeholder: "n",
    brief: "At most so many, the newest",
    parse: parseCount,
  }),
  json: switchFlag({ brief: "Print an array of objects, newest first" }),
};

type ListFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const listCommand = defineCommand({
  name: "list",
  brief: "List the runs of agents, newest first",
  detail: "Runs of all projects are listed, and below each the runs that its agent has started. " +
    "STATUS is what the processes say: running; exited, when the agent came to an end of its own; " +
    "killed, when it was ended before; dead, when its zag was killed. What a killed zag has left " +
    "running is ended first, unless --orphans is there to show it.",
  readsOnly: true,
  flags,
  run: runList,
});

async function runList(ctx: CliContext, flags: ListFlags): Promise<number> {
  const [{ openSessions }, { runInfo }, { runsNow }] = await Promise.all([
    import("../../open_sessions.ts"),
    import("../../ps_info.ts"),
    import("../../../sessions/run_status.ts"),
  ]);
  const provider = flags.provider === undefined
    ? undefined
    : await (await import("../../provider_name.ts")).storedProviderName(flags.provider);
  using open = await openSessions(ctx, flags, { keepStrays: flags.orphans });
  const all = runsNow(open.store);
  const orphans = flags.orphans ? await orphanProcesses(all) : undefined;
  const infoOf = (listed: StatedRun) => runInfo(listed, open.paths);
  let runs = all.filter(({ run }) =>
    (provider === undefined || run.provider === provider) && (orphans?.has(run.id) ?? true)
  ).map(infoOf);
  if (flags.running) runs = runs.filter(({ live_status }) => live_status === "running");
  if (flags.children !== undefined) {
    const { descendantsOf } = await import("../../ps_tree.ts");
    const wanted = await parentIds(ctx, open, flags.children);
    const below = new Set(descendantsOf(all.map(infoOf), wanted).map(({ id }) => id));
    runs = runs.filter(({ id }) => below.has(id));
  }
  if (flags.limit !== undefined) runs = runs.slice(0, flags.limit);
  await print(ctx, runs, all, orphans, flags.json);
  if (!flags.json && !flags.quiet) await tellQuestions(ctx, runs);
  return 0;
}

/** The table has no room for how to answer. */
async function tellQuestions(ctx: CliContext, runs: readonly RunInfo[]): Promise<void> {
  const asking = runs.filter(({ questions }) => questions);
  if (asking.length === 0) return;
  const [{ permitText, questionsText }, { printMessage }] = await Promise.all([
    import("../../question_info.ts"),
    import("../../message.ts"),
  ]);
  for (const { session_id, questions } of asking) {
    const how = session_id === null ? "" : `; ${permitText(session_id, questions!)}`;
    await printMessage(ctx, `> Session ${session_id} waits for ${questionsText(questions!)}${how}`);
  }
}

async function print(
  ctx: CliContext,
  runs: readonly RunInfo[],
  all: readonly ListedRun[],
  orphans: ReadonlyMap<string, readonly ProcessInfo[]> | undefined,
  json: boolean,
): Promise<void> {
  if (json) {
    const { jsonText } = await import("../../json_text.ts");
    const infos = orphans
      ? runs.map((run) => ({ ...run, processes: orphans.get(run.id) ?? [] }))
      : runs;
    await ctx.stdout.write(jsonText(ctx, JSON.stringify(infos)) + "\n");
    return;
  }
  if (runs.length === 0) {
    await ctx.stdout.write("No processes found.\n");
    return;
  }
  const { idShortener, processTable, runTable } = await import("../../ps_table.ts");
  const options = {
    width: ctx.stdout.isTerminal ? ctx.stdout.columns : undefined,
    color: ctx.color("stdout"),
    shorten: idShortener(all.map(({ run }) => run.id)),
  };
  await ctx.stdout.write(runTable(runs, options));
  if (!orphans) return;
  const processes = runs.flatMap(({ id }) =>
    orphans.get(id)!.map((process) => ({ ...process, run: id }))
  );
  await ctx.stdout.write("\n" + processTable(processes, options));
}

/** Ids that a child may name as its parent. */
async function parentIds(
  ctx: CliContext,
  open: Sessions,
  given: string,
): Promise<ReadonlySet<string>> {
  const { givenRun, runReference } = await import("../../ps_target.ts");
  const { NoSuchRunError } = await import("../../../sessions/resolve_run.ts");
  const reference = runReference(ctx, given);
  try {
    const run = givenRun(ctx, open, reference);
    const ofSession = run.sessionId !== null && !run.id.startsWith(reference) &&
      run.agentPid !== Number(reference) && run.ownerPid !== Number(reference);
    // A session stands for all of its runs.
    const runs = ofSession ? open.store.processesOf(run.sessionId) : [run];
    return new Set([...run.sessionId === null ? [] : [run.sessionId], ...runs.map(({ id }) => id)]);
  } catch (error) {
    // The record of a parent can be gone while its children are there.
    const known = error instanceof NoSuchRunError &&
      open.store.listRuns().some(({ run }) =>
        run.parentProcessId === reference || run.parentSessionId === reference
      );
    if (!known) throw error;
    return new Set([reference]);
  }
}

/** What lives of runs whose zag is gone, by the run's id. */
async function orphanProcesses(
  all: readonly ListedRun[],
): Promise<Map<string, readonly ProcessInfo[]>> {
  const [{ orphansOf }, { processInfo }] = await Promise.all([
    import("../../../orchestration/run_processes.ts"),
    import("../../ps_info.ts"),
  ]);
  const orphans = await orphansOf(all.map(({ run }) => run));
  return new Map([...orphans].map(([id, processes]) => [id, processes.map(processInfo)]));
}
