/** `zag permit`: answers an agent that asks whether it may use a tool. */
import type { PermissionQuestion } from "../../sessions/permission_files.ts";
import type { SessionStore } from "../../sessions/store.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, parseLine, scopeFlags, targetFlags } from "../flags.ts";

const flags = {
  session: valueFlag({
    placeholder: "id",
    brief: "The session: its id, the agent's own, the beginning of one, or its name",
  }),
  ...targetFlags,
  id: valueFlag({ placeholder: "question", brief: "The question, where there are several" }),
  all: switchFlag({ brief: "Answer all open questions of the session" }),
  reason: valueFlag({
    placeholder: "text",
    brief: "Why, for the agent and the log",
    parse: parseLine,
  }),
  list: switchFlag({ brief: "Print the open questions; without a session those of all" }),
  json: switchFlag({ brief: "Print an array of objects" }),
  ...scopeFlags,
};

type PermitFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const permitCommand = defineCommand({
  name: "permit",
  brief: "Answer an agent that asks whether it may use a tool",
  detail:
    "An agent asks where the policy of --permissions says so, and waits for the answer. Whoever answers " +
    "first has answered, but for the agent that asks, and those that it has started: they are refused. " +
    "Without a session the only one that asks is meant. --list prints what is asked, with the id of each " +
    "question.",
  flags,
  operand: {
    name: "session",
    brief: "The session, and then allow or deny",
    many: true,
  },
  run: runPermit,
});

async function runPermit(
  ctx: CliContext,
  flags: PermitFlags,
  operands: readonly string[],
): Promise<number> {
  const [{ openSessions }, { UsageError }, { answerQuestion, askedIn }] = await Promise.all([
    import("../open_sessions.ts"),
    import("../errors.ts"),
    import("../../orchestration/permission_answers.ts"),
  ]);
  const verdict = flags.list ? undefined : operands.at(-1);
  const given = flags.list ? operands : operands.slice(0, -1);
  if (!flags.list && verdict !== "allow" && verdict !== "deny") {
    throw new UsageError(
      "Cannot answer: say allow or deny, behind the session",
      "for example: zag permit SESSION allow; --list prints what is asked",
    );
  }
  if (given.length > 1) throw new UsageError("Cannot use more than one session");
  if (flags.list && (flags.reason !== undefined || flags.all || flags.id !== undefined)) {
    throw new UsageError(
      "Cannot use --list together with --id, --all or --reason: it answers nothing",
    );
  }
  if (flags.id !== undefined && flags.all) {
    throw new UsageError("Cannot use --id together with --all: they exclude each other");
  }
  const { givenTarget } = await import("../session_target.ts");
  const target = givenTarget(given[0], flags);
  using sessions = await openSessions(ctx, flags);
  const { resolveSession } = await import("../../sessions/resolve.ts");
  const { store, paths, scope } = sessions;
  const session = target && resolveSession(store, target, { ...scope, strict: true });
  const asked = askedIn(store, paths, session?.sessionId);
  if (flags.list) {
    if (flags.json) await printJson(ctx, asked.map(openInfo));
    else await printList(ctx, asked, session?.sessionId);
    return 0;
  }
  const chosen = await choose(asked, flags, session?.sessionId);
  await refuseOwn(ctx, store, chosen);
  const granted = verdict === "allow";
  const { reason } = flags;
  for (const each of chosen) answerQuestion(each, { granted, by: "permit", reason });
  if (flags.json) await printJson(ctx, chosen.map((each) => ({ ...openInfo(each), granted })));
  else if (!flags.quiet) {
    const lines = await Promise.all(
      chosen.map(async ({ question }) =>
        `${granted ? "allowed" : "denied"}: ${await shown(question)}`
      ),
    );
    await ctx.stdout.write(lines.map((line) => line + "\n").join(""));
  }
  return 0;
}

/** An agent answers neither what it asks itself nor what one above it asks. */
async function refuseOwn(
  ctx: CliContext,
  store: SessionStore,
  asked: readonly Asked[],
): Promise<void> {
  const { sessionsAround } = await import("../../orchestration/own_stand.ts");
  const around = await sessionsAround(store, ctx.env);
  const own = asked.find(({ question }) => around.has(question.session_id));
  if (!own) return;
  const { CliError, ExitCode } = await import("../errors.ts");
  const { id, session_id } = own.question;
  throw new CliError(
    `Cannot answer question "${id}": this program is a part of session "${session_id}", which asks it`,
    ExitCode.permission,
    "It is for somebody outside of that session to answer",
  );
}

interface Asked {
  readonly question: PermissionQuestion;
  /** Name of its session. */
  readonly sessionName: string | null;
}

/** The questions that are meant. */
async function choose<A extends Asked>(
  asked: readonly A[],
  { id, all }: PermitFlags,
  session: string | undefined,
): Promise<A[]> {
  const { CliError } = await import("../errors.ts");
  const where = session === undefined ? "no session" : `session "${session}"`;
  if (asked.length === 0) {
    const message = session === undefined
      ? "Cannot answer: no session asks anything"
      : `Cannot answer: ${where} asks nothing`;
    throw new CliError(message, 1, "zag permit --list prints what is asked");
  }
  const fitting = id === undefined ? asked : asked.filter(({ question }) => question.id === id);
  if (fitting.length === 0) {
    throw new CliError(
      `Cannot answer question "${id}": it is not open`,
      1,
      `open are ${asked.map(({ question }) => question.id).join(", ")}`,
    );
  }
  const sessions = new Set(fitting.map(({ question }) => question.session_id));
  if (sessions.size > 1) {
    throw new CliError(
      `Cannot answer: ${sessions.size} sessions ask something; name one`,
      1,
      "zag permit --list prints what is asked",
    );
  }
  if (fitting.length > 1 && !all) {
    throw new CliError(
      `Cannot answer: ${fitting.length} questions are open; name one with --id, or use --all`,
      1,
      `open are ${fitting.map(({ question }) => question.id).join(", ")}`,
    );
  }
  return [...fitting];
}

/** The session and its name stand beside each other. */
function openInfo({ question, sessionName }: Asked): object {
  const { id, session_id, ...more } = question;
  return { id, session_id, session_name: sessionName, ...more };
}

async function printJson(ctx: CliContext, values: readonly object[]): Promise<void> {
  const { jsonText } = await import("../json_text.ts");
  await ctx.stdout.write(jsonText(ctx, JSON.stringify(values)) + "\n");
}

async function printList(
  ctx: CliContext,
  asked: readonly Asked[],
  session: string | undefined,
): Promise<void> {
  if (asked.length === 0) {
    await ctx.stdout.write(
      session === undefined
        ? "No session waits for an answer.\n"
        : `Session ${session} waits for no answer.\n`,
    );
    return;
  }
  const { oneLine, withoutControls } = await import("../../events/render/text.ts");
  for (const { question, sessionName } of asked) {
    const name = sessionName ? ` (${withoutControls(oneLine(sessionName, 200))})` : "";
    await ctx.stdout.write(`${question.session_id}${name} ${await shown(question)}\n`);
  }
}

/** On one line, without what could drive a terminal. */
async function shown({ id, tool_name, description }: PermissionQuestion): Promise<string> {
  const { oneLine, withoutControls } = await import("../../events/render/text.ts");
  const what = description === "" ? "" : `: ${oneLine(description, 200)}`;
  return withoutControls(`${id} ${tool_name}${what}`);
}
