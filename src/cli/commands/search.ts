/** `zag search`: finds what was said and done in recorded sessions. */
import type { Query } from "../../search/query.ts";
import type { SessionRecord } from "../../sessions/records.ts";
import type { SearchTotals } from "../../search/search.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, parseCount, scopeFlags } from "../flags.ts";

const TOOL_KINDS = [
  "shell",
  "file-read",
  "file-write",
  "file-edit",
  "search",
  "sub-agent",
  "web",
  "notebook",
  "other",
] as const;

const flags = {
  regex: switchFlag({ brief: "The query is a regular expression; ^ and $ mean lines" }),
  caseSensitive: switchFlag({ brief: "Tell upper from lower case" }),
  provider: valueFlag({
    short: "p",
    placeholder: "name",
    brief: "Only sessions of this provider",
  }),
  role: valueFlag({
    placeholder: "role",
    brief: "Only messages of this side",
    choices: ["user", "assistant"],
  }),
  tool: valueFlag({
    placeholder: "name",
    brief: "Only calls and results of tools whose name holds this",
  }),
  toolKind: valueFlag({
    placeholder: "kind",
    brief: "Only calls and results of tools of this kind",
    choices: TOOL_KINDS,
  }),
  from: valueFlag({
    placeholder: "date",
    brief: "Since then: 2026-01-31, 2026-01-31T09:30:00Z, or 12h, 7d, 2w, 1m ago",
  }),
  to: valueFlag({ placeholder: "date", brief: "Until then; a day counts to its end" }),
  session: valueFlag({
    placeholder: "prefix",
    brief: "Only sessions whose id starts with this",
  }),
  tag: valueFlag({ placeholder: "tag", brief: "Only sessions with this tag" }),
  ...scopeFlags,
  root: {
    ...scopeFlags.root,
    brief: "Search the sessions of this directory and of those below it",
  },
  json: switchFlag({ short: "j", brief: "One JSON object a line" }),
  count: switchFlag({ short: "c", brief: "Print the number of matching events only" }),
  limit: valueFlag({
    short: "n",
    placeholder: "n",
    brief: "Stop after so many matches",
    parse: parseCount,
  }),
  index: switchFlag({ brief: "Bring the search index up to date, however long that takes" }),
};

type SearchFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const searchCommand = defineCommand({
  name: "search",
  brief: "Find what was said and done in recorded sessions",
  detail: "Looks for the query as a part of messages, reasoning, tool calls and results, " +
    "permissions, status and error lines, oldest session first. Upper and lower case are the same " +
    "unless --case-sensitive is given. Without a query, all events that pass the filters are shown. " +
    "Days are those of this machine's clock.\n\nAn index makes searching fast. It is kept up to date " +
    "while agents work, and for up to two seconds after a search; what is not in it yet is read, so " +
    "the same is found either way. Of a field of more than 256 KiB only that much is searched: the " +
    "whole lies in the .overflow file beside the log.",
  readsOnly: true,
  flags,
  operand: { name: "query", brief: "What to look for", required: false },
  run: runSearch,
});

async function runSearch(
  ctx: CliContext,
  flags: SearchFlags,
  operands: readonly string[],
): Promise<number> {
  const query = await queryOf(ctx, flags, operands[0]);
  const [
    { openSessions },
    { storedProviderName },
    { compileQuery },
    { noTotals },
    { sessionsToSearch },
  ] = await Promise.all([
    import("../open_sessions.ts"),
    import("../provider_name.ts"),
    import("../../search/query.ts"),
    import("../../search/search.ts"),
    import("../../search/sessions_to_search.ts"),
  ]);
  const compiled = query && await compile(query, compileQuery);
  const provider = flags.provider === undefined
    ? undefined
    : await storedProviderName(flags.provider);
  using sessions = await openSessions(ctx, flags);
  const totals = noTotals();
  const found = sessionsToSearch(sessions, { ...flags, provider });
  const isUnlogged = (each: SessionRecord) => each.logPath === null && each.startedAt !== null;
  totals.unlogged = found.filter(isUnlogged).length;
  const logs = found.flatMap((session) =>
    session.logPath === null ? [] : [{ session, path: session.logPath }]
  );
  if (compiled !== undefined) {
    const { searchLogs } = await import("../../search/search.ts");
    const batches = searchLogs(logs, compiled, { index: sessions.paths.searchIndex, totals });
    await print(ctx, flags, batches, totals);
  }
  const paths = logs.map(({ path }) => path);
  await bringUpToDate(ctx, flags, sessions.paths.searchIndex, paths, totals);
  return 0;
}

/** A query that cannot be asked is a mistake on the command line. */
async function compile<T>(query: Query, compileQuery: (query: Query) => T): Promise<T> {
  try {
    return compileQuery(query);
  } catch (error) {
    const { InvalidRegexError } = await import("../../search/query.ts");
    if (!(error instanceof InvalidRegexError)) throw error;
    const { UsageError } = await import("../errors.ts");
    throw new UsageError(error.message, error.hint);
  }
}

/** What is looked for; undefined when only the index is wanted. */
async function queryOf(
  ctx: CliContext,
  flags: SearchFlags,
  text: string | undefined,
): Promise<Query | undefined> {
  const { role, tool, toolKind, from, to, provider, session, tag } = flags;
  const { UsageError } = await import("../errors.ts");
  const { parseDate } = await import("../date.ts");
  const filters = [role, tool, toolKind, from, to, provider, session, tag];
  if (text === undefined || text === "") {
    if (flags.regex) throw new UsageError("Cannot use --regex without a query");
    if (filters.every((value) => value === undefined)) {
      if (flags.index && text === undefined) return undefined;
      throw new UsageError("Cannot search for nothing: give a query or a filter");
    }
  }
  if (role !== undefined && (tool !== undefined || toolKind !== undefined)) {
    const { conflict } = await import("../agent_flags.ts");
    conflict("--role", tool !== undefined ? "--tool" : "--tool-kind");
  }
  const now = ctx.now();
  const range = {
    from: from === undefined ? undefined : parseDate(from, now, { zone: "local", edge: "start" }),
    to: to === undefined ? undefined : parseDate(to, now, { zone: "local", edge: "end" }),
  };
  if (range.from && range.to && range.from > range.to) {
    throw new UsageError(`Cannot search from ${from} to ${to}: the end is before the beginning`);
  }
  return {
    text,
    regex: flags.regex,
    caseSensitive: flags.caseSensitive,
    role,
    tool,
    toolKind: toolKind?.replace("-", "_") as Query["toolKind"],
    ...range,
  };
}

type Batches = Iterable<
  import("../../search/search.ts").Batch<{ readonly session: SessionRecord }>
>;

async function print(
  ctx: CliContext,
  flags: SearchFlags,
  batches: Batches,
  totals: SearchTotals,
): Promise<void> {
  const [{ jsonHit, SearchView, totalsText }, { jsonText }] = await Promise.all([
    import("../search_view.ts"),
    import("../json_text.ts"),
  ]);
  const view = new SearchView({
    width: ctx.stdout.isTerminal ? ctx.stdout.columns : undefined,
    color: ctx.color("stdout"),
  });
  const most = flags.limit ?? Infinity;
  const found = new Set<SessionRecord>();
  let hits = 0;
  for (const batch of batches) {
    const { session } = batch.log;
    const shown = batch.found.slice(0, most - hits);
    hits += shown.length;
    found.add(session);
    if (!flags.count) {
      const text = shown.map((each) =>
        flags.json ? jsonText(ctx, jsonHit(session, each)) : view.hit(session, each)
      );
      await ctx.stdout.write(text.join(""));
    }
    if (hits >= most) break;
  }
  if (flags.count) await ctx.stdout.write(`${hits}\n`);
  else if (!flags.json) await ctx.stdout.write(view.end());
  if (!flags.quiet) await ctx.stderr.write(totalsText(hits, found.size, totals));
}

/** How long a search may go on to index, once it has answered. */
const INDEX_MS = 2000;

/** How long the index may take before it lets a signal through, in milliseconds. */
const SLICE_MS = 40;

/** How often `--index` tries to take over from another process, in milliseconds. */
const RETRY_MS = 200;

async function bringUpToDate(
  ctx: CliContext,
  flags: SearchFlags,
  index: string,
  paths: readonly string[],
  totals: SearchTotals,
): Promise<void> {
  const { indexLogs, WORTH_INDEXING } = await import("../../search/indexer.ts");
  if (!flags.index && totals.unindexed < WORTH_INDEXING) return;
  const { listenForInterrupts } = await import("../interrupts.ts");
  const { formatSize } = await import("../sizes.ts");
  const { ProgressLine } = await import("../progress_line.ts");
  using interrupts = listenForInterrupts();
  const end = flags.index ? Infinity : performance.now() + INDEX_MS;
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const goesOn = () => !interrupts.signal.aborted && performance.now() < end;
  const say = async (text: string) => void (flags.quiet || await ctx.stderr.write(text));
  const line = new ProgressLine(ctx, flags.quiet || !flags.index);
  const attempt = () =>
    indexLogs({
      index,
      logs: [paths],
      pace: { sliceMs: SLICE_MS, rest: () => wait(0).then(goesOn) },
      worthBytes: flags.index ? 1 : WORTH_INDEXING,
      progress: (done, total) =>
        line.show(() => `Indexing: ${formatSize(done)} of ${formatSize(total)}`),
    });
  let outcome = await attempt();
  while (flags.index && outcome.state === "busy" && goesOn()) {
    await wait(RETRY_MS);
    outcome = await attempt();
  }
  line.clear();
  if (!flags.index) return;
  if (outcome.state === "unusable") {
    const { error } = outcome;
    const reason = error === undefined
      ? "a newer zag has made it"
      : error instanceof Error
      ? error.message
      : String(error);
    const { messageText } = await import("../../events/render/plain_text.ts");
    const name = JSON.stringify(index);
    await say(messageText(`warning: the search index ${name} cannot be written: ${reason}\n`));
  } else if (outcome.state === "done") {
    await say(`Indexed ${formatSize(outcome.bytes)} of new logs\n`);
  }
}
