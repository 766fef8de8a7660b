/** `zag retry`: starts sessions again in the background. */
import type { Retried, RetryAccess } from "../../orchestration/retry_session.ts";
import type { SpawnRequest } from "../../orchestration/spawn_session.ts";
import type { ZagError } from "../../errors.ts";
import type { Host } from "../../host.ts";
import type { SessionRecord } from "../../sessions/records.ts";
import {
  agentFlags,
  type GlobalFlags,
  notifyFlags,
  parseDollars,
  parseTokens,
  scopeFlags,
} from "../flags.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { Sessions } from "../open_sessions.ts";

const flags = {
  tag: listFlag({ placeholder: "tag", brief: "All sessions with this tag" }),
  failed: switchFlag({ brief: "Of these, only those that failed or are dead" }),
  model: valueFlag({ short: "m", placeholder: "model", brief: "Another model than before" }),
  maxCost: valueFlag({
    placeholder: "usd",
    brief: agentFlags.maxCost.brief,
    parse: parseDollars,
  }),
  maxTokens: valueFlag({
    placeholder: "n",
    brief: agentFlags.maxTokens.brief,
    parse: parseTokens,
  }),
  noAutoResume: switchFlag({ brief: agentFlags.noAutoResume.brief }),
  json: switchFlag({ brief: "Print an array of objects" }),
  ...notifyFlags,
  ...scopeFlags,
};

type RetryFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const retryCommand = defineCommand({
  name: "retry",
  brief: "Start sessions again in the background, as they were started before",
  detail:
    "A new session begins with the settings of the old one: provider, model, directory, prompt and " +
    "all that was put around it, which is taken from the records and not read again. Its name, " +
    "description and tags are those that the old one has now; the name then means the new session. " +
    "Values of variables are not recorded: those that were set for the agent are taken from the " +
    "environment of this command.\n\n" +
    "Sessions that others depend on are started first, and the others depend on the new ones. A " +
    "session that depends on one that did not complete is started again only together with that " +
    "one, or after it.\n\n" +
    "A session that was tried again is passed over by its tags from then on: they mean its newest " +
    "retry. Its id still leads to it.\n\n" +
    "With --failed, sessions are passed over that completed or still run; one that was cancelled " +
    "or ran out of time counts as failed. Without it, one that runs is an error. Sessions of " +
    '"zag run" cannot be started again. If one cannot, the others are, and the exit code is 1.',
  flags,
  operand: { name: "session", brief: "Its id, the beginning of one, or its name", many: true },
  run: runRetry,
});

async function runRetry(ctx: CliContext, flags: RetryFlags, operands: string[]): Promise<number> {
  const [
    { openSessions },
    { requireSelection },
    { failedSessions, retrySessions },
    { notifyOptions },
  ] = await Promise.all([
    import("../open_sessions.ts"),
    import("../find_sessions.ts"),
    import("../../orchestration/retry_session.ts"),
    import("../agent_flags.ts"),
  ]);
  requireSelection(operands, flags.tag);
  const notified = notifyOptions(flags, ctx.cwd);
  using sessions = await openSessions(ctx, flags);
  const { store } = sessions;
  const report = new Report(ctx, flags);
  const found = await find(sessions, operands, flags, report);
  const wanted = flags.failed ? failedSessions(store, found, ctx.now()) : found;
  const { model, noAutoResume, maxCost: maxCostUsd, maxTokens } = flags;
  const how = { model, maxCostUsd, maxTokens, autoResume: !noAutoResume, notified };
  for await (const retried of retrySessions(await access(ctx, sessions, flags), wanted, how)) {
    await report.add(retried);
  }
  await report.end(found.length > 0 && wanted.length === 0);
  return report.code;
}

/** The sessions that are meant, in their order, each once; what leads to none is reported. */
async function find(
  { store, scope }: Sessions,
  refs: readonly string[],
  { tag }: RetryFlags,
  report: Report,
): Promise<SessionRecord[]> {
  const [{ resolveSessions }, { ZagError }, { StoreError }] = await Promise.all([
    import("../../sessions/resolve.ts"),
    import("../../errors.ts"),
    import("../../sessions/store_errors.ts"),
  ]);
  const found = new Map<string, SessionRecord>();
  const wanted: [refs: string[], tags: string[]][] = [
    ...refs.map((ref): [string[], string[]] => [[ref], []]),
    ...tag.map((each): [string[], string[]] => [[], [each]]),
  ];
  // A name that is known elsewhere only must start nothing in another project.
  const strict = { ...scope, strict: true };
  for (const [refs, tags] of wanted) {
    try {
      for (const session of resolveSessions(store, refs, tags, strict)) {
        if (!found.has(session.sessionId)) found.set(session.sessionId, session);
      }
    } catch (error) {
      if (!(error instanceof ZagError) || error instanceof StoreError) throw error;
      await report.unknown(refs[0], error);
    }
  }
  return [...found.values()];
}

async function access(
  ctx: CliContext,
  { store }: Sessions,
  flags: RetryFlags,
): Promise<RetryAccess> {
  const [{ spawnSession }, { printMessage }] = await Promise.all([
    import("../../orchestration/spawn_session.ts"),
    import("../message.ts"),
  ]);
  const warning = (message: string) =>
    void (flags.quiet || printMessage(ctx, `warning: ${message}`));
  const debug = (message: string) => void (flags.debug && printMessage(ctx, `* ${message}`));
  const spawn = async (request: SpawnRequest, host: Host) => {
    const start = () => spawnSession(store, request, host, { warning, debug });
    try {
      return await start();
    } catch (error) {
      const { askForPrint } = await import("../print_gate.ts");
      if (!await askForPrint(ctx, error)) throw error;
      return await start();
    }
  };
  return { store, host: ctx, spawn, warning };
}

interface RetryInfo {
  original_session_id: string;
  new_session_id: string | null;
  retried: boolean;
  error?: string;
}

/** What became of the sessions: a line each at once, or an array at the end. */
class Report {
  readonly #ctx: CliContext;
  readonly #flags: RetryFlags;
  readonly #infos: RetryInfo[] = [];
  /** The exit code. */
  code = 0;

  constructor(ctx: CliContext, flags: RetryFlags) {
    this.#ctx = ctx;
    this.#flags = flags;
  }

  async add({ session, newId, error }: Retried): Promise<void> {
    const { sessionId, name } = session;
    if (newId === undefined) return await this.failed(sessionId, error!);
    this.#infos.push({ original_session_id: sessionId, new_session_id: newId, retried: true });
    await this.#line("✓", "32", `${sessionId} → ${newId}`);
    if (name !== null && this.#flags.verbose) {
      await this.#say(`> ${JSON.stringify(name)} now means session ${newId}`);
    }
  }

  /** Reports a session that was not started again. */
  async failed(id: string, { message, hint }: ZagError): Promise<void> {
    this.#fail(id, message);
    await this.#line("✗", "31", `${id}: ${message}`);
    if (hint !== undefined) await this.#say(hint);
  }

  /** Reports what leads to no session: a reference, or a tag if that is undefined. */
  async unknown(reference: string | undefined, { message, hint }: ZagError): Promise<void> {
    this.code = 1;
    if (reference !== undefined) this.#fail(reference, message);
    const { printError } = await import("../errors.ts");
    await printError(this.#ctx, message, hint);
  }

  #fail(id: string, error: string): void {
    this.code = 1;
    this.#infos.push({ original_session_id: id, new_session_id: null, retried: false, error });
  }

  /** @param nothing Of the sessions that were found, none has failed. */
  async end(nothing: boolean): Promise<void> {
    if (this.#flags.json) {
      const { jsonText } = await import("../json_text.ts");
      await this.#ctx.stdout.write(jsonText(this.#ctx, JSON.stringify(this.#infos)) + "\n");
    }
    if (nothing) await this.#say("No session has failed");
  }

  async #line(mark: string, color: string, text: string): Promise<void> {
    if (this.#flags.json) return;
    const { paint, withoutControls } = await import("../../events/render/text.ts");
    const shown = withoutControls(text.replace(/\s+/g, " "));
    const painted = paint(mark, color, this.#ctx.color("stdout"));
    await this.#ctx.stdout.write(`${painted} ${shown}\n`);
  }

  async #say(text: string): Promise<void> {
    if (this.#flags.quiet) return;
    const { printMessage } = await import("../message.ts");
    await printMessage(this.#ctx, text);
  }
}
