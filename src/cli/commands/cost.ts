/** `zag cost`: what was used and spent. */
import type { Prices } from "../../agent/prices.ts";
import type { ZagPaths } from "../../config/paths.ts";
import type { UsageFilter } from "../../sessions/cost.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, parseCount, scopeFlags } from "../flags.ts";

const flags = {
  by: valueFlag({
    placeholder: "group",
    choices: ["day", "provider", "model", "project", "session"],
    brief: "What a row stands for",
    default: "day",
  }),
  from: valueFlag({
    placeholder: "date",
    brief: "Since then: 2026-01-31, 2026-01-31T09:30:00Z, or 12h, 7d, 2w, 1m ago",
  }),
  to: valueFlag({ placeholder: "date", brief: "Until then; a day counts to its end" }),
  session: valueFlag({
    placeholder: "session",
    brief: "Only this session, and what is left of its budget",
  }),
  provider: valueFlag({ short: "p", placeholder: "name", brief: "Only this provider" }),
  model: valueFlag({ short: "m", placeholder: "model", brief: "Only this model" }),
  limit: valueFlag({
    short: "n",
    placeholder: "n",
    brief: "At most so many rows: the last days, or the dearest",
    parse: parseCount,
  }),
  json: switchFlag({ brief: "Print an object" }),
  ...scopeFlags,
};

type CostFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const costCommand = defineCommand({
  name: "cost",
  brief: "Show what sessions used and cost",
  detail:
    "Tokens and US dollars, as the agents told them. Where an agent tells no dollars and its model has " +
    'a price in the configuration ("prices.MODEL"), they are reckoned with that and stand behind a ~; ' +
    "nothing else is guessed. " +
    "REPORTS counts how often they told: once a turn, and in interactive and imported sessions once " +
    "each call of the model. Days are those of this machine's clock. What a deleted session spent " +
    "still counts; what a turn used that was cut off is not known.",
  readsOnly: true,
  flags,
  run: runCost,
});

async function runCost(ctx: CliContext, flags: CostFlags): Promise<number> {
  const by = flags.by ?? "day";
  const period = await periodOf(ctx, flags);
  const { storedProviderName } = await import("../provider_name.ts");
  const provider = flags.provider === undefined
    ? undefined
    : await storedProviderName(flags.provider);
  const { openSessions } = await import("../open_sessions.ts");
  using sessions = await openSessions(ctx, flags);
  const { store, scope } = sessions;
  const session = flags.session === undefined
    ? undefined
    : (await import("../../sessions/resolve.ts")).resolveSession(
      store,
      { ref: flags.session },
      scope,
    );
  const filter: UsageFilter = {
    ...period,
    // Whoever names a session means it wherever it is.
    project: session ? undefined : scope.project,
    provider,
    model: flags.model,
    session: session?.sessionId,
  };
  const { estimated, budgetReports } = await import("../budget_view.ts");
  const prices = await configuredPrices(ctx, sessions.paths, flags.root);
  const { groups, total } = await estimated(store, by, filter, prices);
  const count = Math.min(flags.limit ?? Infinity, groups.length);
  const rows = by === "day" ? groups.slice(groups.length - count) : groups.slice(0, count);
  const report = {
    by,
    from: period.from,
    to: period.to,
    rows,
    hidden: groups.length - rows.length,
    total,
    cutOff: store.cutOffSessions(filter),
    ...(session && { budgets: await budgetReports(store, session, prices) }),
  };
  const width = ctx.stdout.isTerminal ? ctx.stdout.columns : undefined;
  const { costJson, costNotes, costText } = await import("../cost_view.ts");
  if (flags.json) {
    const { jsonText } = await import("../json_text.ts");
    await ctx.stdout.write(jsonText(ctx, JSON.stringify(costJson(report))) + "\n");
  } else if (groups.length === 0) {
    const where = scope.project === undefined
      ? ""
      : " in this project; --global looks in all of them";
    const nothing = report.cutOff === 0 ? "Nothing was used" : "No usage was reported";
    await ctx.stdout.write(`${nothing}${where}.\n${costNotes(report, { width })}`);
  } else {
    const style = { width, color: ctx.color("stdout"), userHome: sessions.paths.userHome };
    await ctx.stdout.write(costText(report, style));
  }
  return 0;
}

async function configuredPrices(
  { cwd }: CliContext,
  paths: ZagPaths,
  root: string | undefined,
): Promise<Prices> {
  const [{ loadProjectConfig }, { resolveProject }, { pricesOf }] = await Promise.all([
    import("../../config/config.ts"),
    import("../../config/project.ts"),
    import("../../agent/prices.ts"),
  ]);
  const project = await resolveProject({ ...(root === undefined ? {} : { root }), cwd });
  return pricesOf((await loadProjectConfig(paths, project)).config);
}

async function periodOf(
  ctx: CliContext,
  flags: CostFlags,
): Promise<{ from: Date | undefined; to: Date | undefined }> {
  const { parseDate } = await import("../date.ts");
  const now = ctx.now();
  const read = (text: string | undefined, edge: "start" | "end") =>
    text === undefined ? undefined : parseDate(text, now, { zone: "local", edge });
  const from = read(flags.from, "start");
  const to = read(flags.to, "end");
  if (from !== undefined && to !== undefined && from > to) {
    const { UsageError } = await import("../errors.ts");
    throw new UsageError(
      `Cannot report from ${flags.from} to ${flags.to}: the first is after the last`,
    );
  }
  return { from, to };
}
