/** `zag summary`: what sessions did and came to. */
import type { SessionRecord } from "../../sessions/records.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, scopeFlags } from "../flags.ts";
import type { Sessions } from "../open_sessions.ts";
import type { SummaryParts } from "../summary_view.ts";

const flags = {
  tag: listFlag({ placeholder: "tag", brief: "All sessions with this tag" }),
  stats: switchFlag({ brief: "Also count events, tool calls, tokens and cost" }),
  json: switchFlag({ brief: "Print an object; an array if there are several sessions" }),
  ...scopeFlags,
};

type SummaryFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const summaryCommand = defineCommand({
  name: "summary",
  brief: "Summarise sessions: turns, tools, changed files, result",
  detail: "It is made from the log; no model is asked.",
  readsOnly: true,
  flags,
  operand: { name: "session", brief: "Id, the beginning of one, or a name", many: true },
  run: runSummary,
});

async function runSummary(
  ctx: CliContext,
  flags: SummaryFlags,
  operands: readonly string[],
): Promise<number> {
  const { findSessions, requireSelection } = await import("../find_sessions.ts");
  requireSelection(operands, flags.tag);
  const { openSessions } = await import("../open_sessions.ts");
  using sessions = await openSessions(ctx, flags);
  const { found, missing } = await findSessions(ctx, sessions, operands, flags.tag);
  const entries: Record<string, unknown>[] = [];
  let failed = missing;
  let printed = 0;
  const { summaryJson, summaryText } = await import("../summary_view.ts");
  for (const session of found) {
    const parts = await partsOf(ctx, sessions, session, flags.quiet);
    if (parts === undefined) failed++;
    else if (flags.json) entries.push(summaryJson(parts));
    else {
      const text = summaryText(parts, {
        width: ctx.stdout.isTerminal ? ctx.stdout.columns : undefined,
        color: ctx.color("stdout"),
        stats: flags.stats,
      });
      await ctx.stdout.write((printed++ === 0 ? "" : "\n") + text);
    }
  }
  if (flags.json) {
    // What was asked for decides the shape, not what could be read. A tag means any number.
    const one = found.length + missing === 1 && operands.length + found.length > 0;
    const value = one ? entries[0] : entries;
    const { jsonText } = await import("../json_text.ts");
    const json = JSON.stringify(value, null, 2);
    if (json !== undefined) await ctx.stdout.write(jsonText(ctx, json) + "\n");
  }
  return failed === 0 ? 0 : 1;
}

/** All about a session; undefined when its log cannot be read, which is reported. */
async function partsOf(
  ctx: CliContext,
  { store }: Sessions,
  session: SessionRecord,
  quiet: boolean,
): Promise<SummaryParts | undefined> {
  const { sessionFacts } = await import("../../sessions/summary.ts");
  const { sessionState } = await import("../../sessions/session_status.ts");
  const name = JSON.stringify(session.sessionId);
  try {
    if (session.logPath === null) throw new Error("it has no log");
    const facts = await sessionFacts(session.logPath);
    if (facts.badLines > 0 && !quiet) {
      const lines = `${facts.badLines} line${facts.badLines === 1 ? "" : "s"}`;
      await ctx.stderr.write(
        `warning: the log of session ${name} has ${lines} that cannot be read\n`,
      );
    }
    const now = ctx.now();
    const usage = store.usageTotals({ session: session.sessionId });
    return { session, state: sessionState(store, session, now), facts, usage, now };
  } catch (error) {
    const { printError } = await import("../errors.ts");
    const reason = error instanceof Error ? error.message : String(error);
    await printError(ctx, `Cannot summarise session ${name}: ${reason}`);
    return undefined;
  }
}
