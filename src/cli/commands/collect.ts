/** `zag collect`: the results of several sessions. */
import type { SessionRecord } from "../../sessions/records.ts";
import type { Collected, CollectedJson, ReadingProgress } from "../collect_view.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, scopeFlags } from "../flags.ts";
import type { Sessions } from "../open_sessions.ts";

const flags = {
  tag: listFlag({ placeholder: "tag", brief: "All sessions with this tag, newest first" }),
  json: switchFlag({ brief: "Print an array with an object for each session" }),
  ...scopeFlags,
};

type CollectFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const collectCommand = defineCommand({
  name: "collect",
  brief: "Print the results of several sessions",
  detail:
    "They come in the order in which the sessions are given, then those of the tags; each once. It " +
    'does not wait: of a session that still runs it prints what was said so far; "zag wait" waits. ' +
    "A session that failed is no error; one that is not known, or whose log cannot be read, is, and " +
    "the others are printed.",
  readsOnly: true,
  flags,
  operand: { name: "session", brief: "Id, the beginning of one, or a name", many: true },
  run: runCollect,
});

async function runCollect(
  ctx: CliContext,
  flags: CollectFlags,
  operands: readonly string[],
): Promise<number> {
  const [{ findSessions, requireSelection }, { openSessions }, { ReadingProgress }] = await Promise
    .all([
      import("../find_sessions.ts"),
      import("../open_sessions.ts"),
      import("../collect_view.ts"),
    ]);
  requireSelection(operands, flags.tag);
  using sessions = await openSessions(ctx, flags);
  const { found, missing } = await findSessions(ctx, sessions, operands, flags.tag);
  using progress = new ReadingProgress(ctx, flags.quiet, found.length);
  const unread = flags.json
    ? await printJson(ctx, sessions, found, progress)
    : await printTexts(ctx, sessions, found, progress);
  return missing + unread === 0 ? 0 : 1;
}

/** Prints the sessions for people; returns how many logs could not be read. */
async function printTexts(
  ctx: CliContext,
  sessions: Sessions,
  found: readonly SessionRecord[],
  progress: ReadingProgress,
): Promise<number> {
  const { collectedText } = await import("../collect_view.ts");
  const { resultText } = await import("../session_result.ts");
  let unread = 0;
  for (const [index, session] of found.entries()) {
    progress.next();
    const { collected, failed } = await collect(ctx, sessions, session, progress);
    if (failed) unread++;
    const { result } = collected;
    const shown = result === undefined ? undefined : resultText(ctx, result);
    const gap = index === 0 ? "" : "\n";
    progress.clear();
    await ctx.stdout.write(gap + collectedText(collected, shown, ctx.color("stdout")));
  }
  return unread;
}

/** Prints the sessions for programs, an array whatever was found; returns as the above. */
async function printJson(
  ctx: CliContext,
  sessions: Sessions,
  found: readonly SessionRecord[],
  progress: ReadingProgress,
): Promise<number> {
  const { collectedJson } = await import("../collect_view.ts");
  const { jsonText } = await import("../json_text.ts");
  const entries: CollectedJson[] = [];
  let unread = 0;
  for (const session of found) {
    progress.next();
    const { collected, failed } = await collect(ctx, sessions, session, progress);
    if (failed) unread++;
    entries.push(collectedJson(collected));
  }
  progress.clear();
  await ctx.stdout.write(jsonText(ctx, JSON.stringify(entries)) + "\n");
  return unread;
}

/** What a session came to; a log that cannot be read is reported. */
async function collect(
  ctx: CliContext,
  { store }: Sessions,
  session: SessionRecord,
  progress: ReadingProgress,
): Promise<{ collected: Collected; failed: boolean }> {
  const { readResult } = await import("../session_result.ts");
  const { state: { status, error }, result, problem } = await readResult(store, session, ctx.now());
  if (problem !== undefined) {
    const { printError } = await import("../errors.ts");
    const id = JSON.stringify(session.sessionId);
    progress.clear();
    await printError(ctx, `Cannot read the result of session ${id}: ${problem}`);
  }
  const reason = status === "completed" ? undefined : error;
  return {
    collected: { session, status, result, error: reason || problem },
    failed: problem !== undefined,
  };
}
