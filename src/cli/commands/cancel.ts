/** `zag cancel`: ends sessions, and says in their books that they were cancelled. */
import type { Cancelling, CancelResult } from "../../orchestration/cancel_session.ts";
import type { ZagError } from "../../errors.ts";
import type { SessionRecord } from "../../sessions/records.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, parseLine, parseName, scopeFlags } from "../flags.ts";
import type { Sessions } from "../open_sessions.ts";

const flags = {
  tag: listFlag({ placeholder: "tag", brief: "All sessions with this tag" }),
  name: valueFlag({
    placeholder: "name",
    brief: "The newest session of this name",
    parse: parseName,
  }),
  reason: valueFlag({
    placeholder: "text",
    brief: 'Why, for the log; "cancelled by user" unless given',
    parse: parseReason,
  }),
  tree: switchFlag({ brief: "Also all sessions that their agents have started, and so on" }),
  json: switchFlag({ brief: "Print an array of objects" }),
  ...scopeFlags,
};

type CancelFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const cancelCommand = defineCommand({
  name: "cancel",
  brief: "End sessions that run, as cancelled",
  detail:
    "The agent and everything that it has started get SIGTERM, and SIGKILL after 5 seconds. The log " +
    'says "cancelled: " and the reason, and the zag that ran the agent ends with exit code 2. A ' +
    "session that has ended before stays as it is, which is no failure; one that cannot be found " +
    "or ended is, and the others are cancelled all the same.\n\n" +
    "Sessions that its agent waits for end with it in any case; with --tree their logs say that " +
    "they were cancelled, and sessions in the background end, too. What was started last is " +
    "cancelled first, and the sessions that were given come last. What they start meanwhile is " +
    "looked for again. An agent may cancel its own session: the command prints what there is to " +
    "say, and ends before the session does.",
  flags,
  operand: { name: "session", brief: "Its id, the beginning of one, or its name", many: true },
  run: runCancel,
});

/** So many are ended at the same time. */
const AT_ONCE = 8;

async function runCancel(ctx: CliContext, flags: CancelFlags, operands: string[]): Promise<number> {
  const [{ openSessions }, { requireSelection }, { ownRun }, { cancelSession }] = await Promise.all(
    [
      import("../open_sessions.ts"),
      import("../find_sessions.ts"),
      import("../ps_target.ts"),
      import("../../orchestration/cancel_session.ts"),
    ],
  );
  const names = flags.name === undefined ? [] : [flags.name];
  requireSelection([...operands, ...names], flags.tag);
  // What a killed zag has left behind is to be cancelled, and whoever asks may be a part of it.
  using open = await openSessions(ctx, flags, { keepStrays: true });
  const { store, paths } = open;
  const report = new Report(ctx, flags);
  const targets = await find(open, operands, flags);
  const given = targets.filter((target): target is SessionRecord => !isUnknown(target));
  const options = { reason: flags.reason ?? "cancelled by user", self: ownRun(ctx) };
  const inside: Cancelling[] = [];
  const seen = new Set<string>();
  const cancelAll = async (targets: readonly Target[]) => {
    const fresh = targets.filter((target) =>
      isUnknown(target) || !seen.has(target.sessionId) && seen.add(target.sessionId)
    );
    const results = await concurrently(fresh, async (session) => {
      if (isUnknown(session)) return session;
      const cancelling = await cancelSession(store, paths, session, options);
      if (!cancelling.inside) return await cancelling.finish();
      inside.push(cancelling);
      return { sessionId: session.sessionId, cancelled: true };
    });
    for (const result of results) {
      await ("reference" in result ? report.unknown(result) : report.add(result));
    }
    return fresh.length;
  };
  try {
    if (flags.tree) await cancelBelow(open, given, cancelAll);
    await cancelAll(targets);
    // Until they had ended, they could start something.
    while (flags.tree && await cancelBelow(open, given, cancelAll) > 0);
    await report.end();
  } finally {
    // Nobody may be there to read anything once the agent has ended.
    for (const each of inside) await report.late(await each.finish());
  }
  return report.code;
}

/** Cancels what is at work below sessions, the deepest first; returns how many were looked at. */
async function cancelBelow(
  { store }: Sessions,
  given: readonly SessionRecord[],
  cancelAll: (sessions: readonly SessionRecord[]) => Promise<number>,
): Promise<number> {
  const { sessionsBelow } = await import("../../orchestration/session_tree.ts");
  let count = 0;
  for (const level of sessionsBelow(store, given).reverse()) {
    count += await cancelAll(level.filter(({ outcome }) => outcome === null));
  }
  return count;
}

/** What leads to no session. */
interface Unknown {
  /** As it was given; undefined for a tag. */
  readonly reference: string | undefined;
  readonly error: ZagError;
}

/** A session that is meant, or what leads to none. */
type Target = SessionRecord | Unknown;

function isUnknown(target: Target): target is Unknown {
  return "reference" in target;
}

/** What is meant, in its order. */
async function find(
  { store, scope }: Sessions,
  refs: readonly string[],
  { name, tag }: CancelFlags,
): Promise<Target[]> {
  const [{ resolveSession, resolveSessions }, { ZagError }, { StoreError }] = await Promise.all([
    import("../../sessions/resolve.ts"),
    import("../../errors.ts"),
    import("../../sessions/store_errors.ts"),
  ]);
  // A name that is known elsewhere only must not end a session of another project.
  const strict = { ...scope, strict: true };
  const lookUp = (reference: string | undefined, resolve: () => SessionRecord[]): Target[] => {
    try {
      return resolve();
    } catch (error) {
      if (!(error instanceof ZagError) || error instanceof StoreError) throw error;
      return [{ reference, error }];
    }
  };
  return [
    ...refs.flatMap((ref) => lookUp(ref, () => resolveSessions(store, [ref], [], strict))),
    ...name === undefined ? [] : lookUp(name, () => [resolveSession(store, { name }, strict)]),
    ...tag.flatMap((each) => lookUp(undefined, () => resolveSessions(store, [], [each], strict))),
  ];
}

/** What became of the sessions: a line each at once, or an array at the end. */
class Report {
  readonly #ctx: CliContext;
  readonly #flags: Pick<CancelFlags, "json">;
  readonly #infos: { session_id: string; cancelled: boolean; error?: string }[] = [];
  #unprinted: unknown;
  /** The exit code. */
  code = 0;

  constructor(ctx: CliContext, flags: Pick<CancelFlags, "json">) {
    this.#ctx = ctx;
    this.#flags = flags;
  }

  async add(result: CancelResult): Promise<void> {
    const { sessionId, cancelled, error } = result;
    if (result.failed) this.code = 1;
    this.#infos.push({
      session_id: sessionId,
      cancelled,
      ...(error === undefined ? {} : { error }),
    });
    if (!this.#flags.json) await this.#print(await this.#line(result));
    if (result.hint !== undefined) await this.#say(result.hint);
  }

  /** Reports what leads to no session. */
  async unknown({ reference, error: { message, hint } }: Unknown): Promise<void> {
    this.code = 1;
    if (reference !== undefined) {
      this.#infos.push({ session_id: reference, cancelled: false, error: message });
    }
    const { printError } = await import("../errors.ts");
    await printError(this.#ctx, message, hint);
  }

  /**
   * Prints what is printed last.
   *
   * @throws what kept anything from being printed
   */
  async end(): Promise<void> {
    if (this.#flags.json) {
      const { jsonText } = await import("../json_text.ts");
      await this.#print(jsonText(this.#ctx, JSON.stringify(this.#infos)) + "\n");
    }
    if (this.#unprinted !== undefined) throw this.#unprinted;
  }

  /** That nobody reads what is printed keeps no session from being cancelled. */
  async #print(text: string): Promise<void> {
    try {
      await this.#ctx.stdout.write(text);
    } catch (error) {
      this.#unprinted ??= error;
    }
  }

  /** What became of the session that this is a part of, once it has been told. */
  async late({ failed, error }: CancelResult): Promise<void> {
    if (!failed) return;
    this.code = 1;
    const { printError } = await import("../errors.ts");
    await printError(this.#ctx, error ?? "");
  }

  async #line({ sessionId, cancelled, error }: CancelResult): Promise<string> {
    const { paint, withoutControls } = await import("../../events/render/text.ts");
    const color = this.#ctx.color("stdout");
    const shown = (text: string) => withoutControls(text.replace(/\s+/g, " "));
    return cancelled
      ? `${paint("✓", "32", color)} ${shown(sessionId)} cancelled\n`
      : `${paint("✗", "31", color)} ${shown(sessionId)}: ${shown(error ?? "")}\n`;
  }

  async #say(hint: string): Promise<void> {
    const { printMessage } = await import("../message.ts");
    await printMessage(this.#ctx, hint);
  }
}

/** Does the work for all, some at a time, and returns what came of it in their order. */
async function concurrently<T, R>(items: readonly T[], work: (item: T) => Promise<R>) {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}

function parseReason(text: string): string {
  const reason = parseLine(text).trim();
  if (reason === "") {
    throw new SyntaxError(`Cannot use ${JSON.stringify(text)}: a reason must not be empty`);
  }
  return reason;
}
