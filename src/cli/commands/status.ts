/** `zag status`: what a session does, in one word. */
import { defineCommand, type FlagValues, listFlag, switchFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, scopeFlags, targetFlags } from "../flags.ts";

const flags = {
  ...scopeFlags,
  ...targetFlags,
  tag: listFlag({ placeholder: "tag", brief: "All sessions with this tag, a line for each" }),
  json: switchFlag({ brief: "Print an object; with --tag or several sessions an array" }),
};

type StatusFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const statusCommand = defineCommand({
  name: "status",
  brief: "Tell whether a session runs, and how it ended",
  detail:
    "One of: running; idle (it runs, but gave no sign of life for 30 seconds, or it waits for the " +
    "end of a usage limit or for an answer, which stderr says then); completed; failed; dead (zag was killed while it ran); unknown (nobody saw how it ended). What is told " +
    "does not change the exit code. Of several, those that are not known are an error, and the " +
    "others are printed.",
  readsOnly: true,
  flags,
  operand: { name: "session", brief: "Its id, the beginning of one, or its name", many: true },
  run: runStatus,
});

async function runStatus(ctx: CliContext, flags: StatusFlags, operands: string[]): Promise<number> {
  const [
    { openSessions },
    { givenTarget, requiredTarget },
    { findSessions },
    { resolveSession },
    { sessionState },
    { statusInfo },
    { statusText },
  ] = await Promise.all([
    import("../open_sessions.ts"),
    import("../session_target.ts"),
    import("../find_sessions.ts"),
    import("../../sessions/resolve.ts"),
    import("../../sessions/session_status.ts"),
    import("../session_info.ts"),
    import("../session_text.ts"),
  ]);
  const several = operands.length > 1 || flags.tag.length > 0;
  const { tag: _, ...selectors } = flags;
  if (several) {
    // What selects one session fits neither beside several nor beside tags.
    givenTarget(operands[0], selectors);
    givenTarget(undefined, { ...selectors, tag: flags.tag[0] });
  }
  const target = several ? undefined : requiredTarget(
    operands[0],
    selectors,
    "a session, --tag, --latest, --active, --ps or --name",
  );
  using open = await openSessions(ctx, flags);
  const { store, paths, scope } = open;
  const { found, missing } = target
    ? { found: [resolveSession(store, target, scope)], missing: 0 }
    : await findSessions(ctx, open, operands, flags.tag);
  const code = missing === 0 ? 0 : 1;
  const known = found.map((session) => ({
    session,
    state: sessionState(store, session, ctx.now(), paths),
  }));
  if (flags.json) {
    const infos = known.map(({ session, state }) => statusInfo(session, state));
    const { jsonText } = await import("../json_text.ts");
    await ctx.stdout.write(jsonText(ctx, JSON.stringify(several ? infos : infos[0])) + "\n");
    return code;
  }
  const color = ctx.color("stdout");
  const { withoutControls } = await import("../../events/render/text.ts");
  for (const { session, state: { status, waitsUntil, questions } } of known) {
    const word = statusText(status, color);
    const space = " ".repeat("completed".length - status.length);
    const name = session.name ? `  ${withoutControls(session.name.replace(/\s+/g, " "))}` : "";
    await ctx.stdout.write(
      several ? `${word}${space}  ${session.sessionId}${name}\n` : `${word}\n`,
    );
    if (waitsUntil === undefined && questions === undefined || flags.quiet) continue;
    // Whoever reads the word in a script reads no more than it.
    const { localTime } = await import("../../events/render/local_time.ts");
    const { printMessage } = await import("../message.ts");
    const which = several ? ` ${session.sessionId}` : "";
    if (questions) {
      const { permitText, questionsText } = await import("../question_info.ts");
      const how = permitText(session.sessionId, questions);
      await printMessage(ctx, `> Session${which} waits for ${questionsText(questions)}; ${how}`);
    }
    if (waitsUntil === undefined) continue;
    await printMessage(
      ctx,
      `> Session${which} waits for the end of a usage limit, until ${localTime(waitsUntil)}`,
    );
  }
  return code;
}
