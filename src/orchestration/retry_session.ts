/**
 * Does again in the background what earlier sessions did, with the settings of then.
 *
 * @module
 */
import { dirname } from "node:path";
import { AUTO } from "../agent/choose_provider.ts";
import { readLaunch, type RecordedLaunch } from "../agent/launch_record.ts";
import type { LaunchOptions } from "../agent/launch_options.ts";
import { envToday, unsetWarning } from "../agent/recorded_env.ts";
import type { Replay } from "../agent/settle.ts";
import { zagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import type { Host } from "../host.ts";
import { holdsRedaction } from "../redact/redact.ts";
import { firstPrompt } from "../sessions/first_prompt.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { sessionState, sessionStates } from "../sessions/session_status.ts";
import type { SessionStore } from "../sessions/store.ts";
import { wholeLaunch } from "../sessions/whole_launch.ts";
import type { SpawnedSession, SpawnRequest } from "./spawn_session.ts";

/** What trying again needs of the world. */
export interface RetryAccess {
  /** The index. */
  readonly store: SessionStore;
  readonly host: Host;
  /** Starts a session, as `spawnSession` does. */
  spawn(request: SpawnRequest, host: Host): Promise<SpawnedSession>;
  /** Told what is not as it was. */
  warning?(message: string): void;
}

/** How to try again. */
export interface RetryOptions {
  /** A size or a name, in place of the model of then. */
  readonly model?: string | undefined;
  /** US dollars, in place of the cap of then. */
  readonly maxCostUsd?: number | undefined;
  /** Tokens, likewise. */
  readonly maxTokens?: number | undefined;
  /**
   * Sessions that hit a usage limit wait for its end, but for those that were not to. Absent: as it was
   * then.
   */
  readonly autoResume?: boolean | undefined;
  /** Who is told what happens to the new sessions: nothing of that was recorded. */
  readonly notified?: Pick<LaunchOptions, "notify" | "notifyOn"> | undefined;
}

/** What became of a session that was to be tried again. */
export interface Retried {
  readonly session: SessionRecord;
  /** The new session; undefined when there is none. */
  readonly newId?: string;
  /** Why there is none. */
  readonly error?: ZagError;
}

/** The sessions that did not come to a good end: those that `zag status` calls failed or dead. */
export function failedSessions(
  store: SessionStore,
  sessions: readonly SessionRecord[],
  now: Date,
): SessionRecord[] {
  const states = sessionStates(store, sessions, now);
  return sessions.filter(({ sessionId }) => hasFailed(states.get(sessionId)?.status));
}

/**
 * Starts sessions again, those that others depend on first. What depended on a session that is started
 * again depends on the new one. One that cannot be started keeps back those that depend on it, and no
 * others.
 *
 * @param sessions Each once.
 * @throws {Deno.errors.NotCapable} when this program lacks a permission
 */
export async function* retrySessions(
  access: RetryAccess,
  sessions: readonly SessionRecord[],
  options: RetryOptions = {},
): AsyncGenerator<Retried, void, undefined> {
  const done = new Map<string, Retried>();
  for (const session of inOrder(sessions)) {
    const result = await retry(access, session, options, done);
    done.set(session.sessionId, result);
    yield result;
  }
}

async function retry(
  access: RetryAccess,
  session: SessionRecord,
  options: RetryOptions,
  done: ReadonlyMap<string, Retried>,
): Promise<Retried> {
  try {
    checkCanRetry(access, session);
    const { request, host } = await requestFor(access, session, options, done);
    const { sessionId: newId } = await access.spawn(request, host);
    return { session, newId };
  } catch (error) {
    // What is not allowed is not allowed for any of them.
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (error instanceof ZagError) return { session, error };
    const reason = error instanceof Error ? error.message : String(error);
    return { session, error: new ZagError(reason, { cause: error }) };
  }
}

/** Sessions behind those of them that they depend on, else in their own order. */
function inOrder(sessions: readonly SessionRecord[]): SessionRecord[] {
  const chosen = new Map(sessions.map((session) => [session.sessionId, session]));
  const ordered = new Set<SessionRecord>();
  const entered = new Set<SessionRecord>();
  const add = (session: SessionRecord) => {
    if (entered.has(session)) return;
    entered.add(session);
    for (const id of session.dependencies) {
      const first = chosen.get(id);
      if (first) add(first);
    }
    ordered.add(session);
  };
  for (const session of sessions) add(session);
  return [...ordered];
}

function hasFailed(status: string | undefined): boolean {
  return status === "failed" || status === "dead";
}

/** @throws {ZagError} when the session cannot be done again, whatever its settings were */
function checkCanRetry({ store, host }: RetryAccess, session: SessionRecord): void {
  if (store.resumes.ofSession(session.sessionId)) {
    throw new ZagError("it waits for the end of a usage limit", {
      hint: 'End it with "zag cancel"',
    });
  }
  const { status } = sessionState(store, session, host.now());
  if (status === "running" || status === "idle") {
    throw new ZagError("it is running", { hint: 'End it with "zag cancel", or wait for it' });
  }
  if (status === "unknown") {
    throw new ZagError("nobody knows how it ended, or whether it has");
  }
  if (session.command === "run") {
    throw new ZagError("it was a conversation at a terminal", {
      hint: `Go on with it: zag run --resume ${session.sessionId}`,
    });
  }
}

/** What starts the session again, and where. */
async function requestFor(
  access: RetryAccess,
  session: SessionRecord,
  { model, maxCostUsd, maxTokens, autoResume, notified }: RetryOptions,
  done: ReadonlyMap<string, Retried>,
): Promise<{ request: SpawnRequest; host: Host }> {
  const whole = wholeLaunch(session);
  if (!whole) throw new ZagError("what it was started with was not kept whole: its log is gone");
  const launch = readLaunch(whole);
  if (launch.streamInput) throw new ZagError("its messages came from stdin while it ran");
  if (launch.mcpInline) {
    throw new ZagError("its MCP servers were given as JSON, which may hold secrets: none is kept", {
      hint: "Start it anew, with --mcp-config and the path of a file",
    });
  }
  if (holdsRedaction(whole)) throw redactedError("what it was started with");
  const gone = lostDiff(access, session, launch);
  if (gone !== undefined) {
    throw new ZagError(
      `the diff that it reviewed was too long for a prompt, and is gone: ${gone}`,
      {
        hint: 'Start it anew with "zag review"',
      },
    );
  }
  const prompt = await promptOf(session);
  if (prompt === undefined && launch.prompt === undefined && !session.interactive) {
    throw new ZagError("its prompt is not known");
  }
  const cwd = launch.cwd ?? session.cwd;
  await checkDirectory(cwd);
  const { dependencies, injected, context } = dependenciesFor(access, session, launch, done);
  const injectsAgain = launch.injected !== undefined && injected === undefined;
  const options: LaunchOptions = {
    ...withModel(session, launch, model),
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(autoResume !== undefined && {
      autoResume: autoResume && launch.options.autoResume !== false,
    }),
    ...(launch.cwd === undefined && launch.options.root !== undefined && { root: session.cwd }),
    ...notified,
    ...metadata(session),
    ...environment(access, session, launch),
    ...(context.length > 0 && { context }),
    ...isolation(session, launch),
  };
  const replay: Replay = {
    withoutDefaults: launch.cwd !== undefined,
    model: session.provider === AUTO ? undefined : session.model ?? undefined,
    prompt: launch.prompt,
    injected,
    inputs: launch.inputs,
  };
  const request = {
    options,
    prompt,
    dependencies,
    injectContext: injectsAgain,
    interactive: session.interactive,
    retriedFrom: session.sessionId,
    replay,
    json: launch.json,
  };
  const { env, entry } = access.host;
  const now = () => access.host.now();
  return { request, host: { env, cwd, now, ...(entry === undefined ? {} : { entry }) } };
}

/** The directory of a review's diff that was in no prompt; it went with the review. */
function lostDiff(
  { host }: RetryAccess,
  { command }: SessionRecord,
  { options }: RecordedLaunch,
): string | undefined {
  if (command !== "review") return undefined;
  const temporary = dirname(zagPaths(host.env).launchFiles("any"));
  return options.addDirs?.find((path) => dirname(path) === temporary);
}

/** A place apart, too, and a new one: the name of the other is taken, or belongs to what is over. */
function isolation(
  { isWorktree, sandboxName }: SessionRecord,
  { isolation }: RecordedLaunch,
): LaunchOptions {
  if (isolation === "worktree" || isolation === undefined && isWorktree) return { worktree: true };
  return isolation === "sandbox" || sandboxName !== null ? { sandbox: true } : {};
}

async function promptOf({ logPath }: SessionRecord): Promise<string | undefined> {
  const prompt = logPath === null ? undefined : await firstPrompt(logPath);
  if (prompt?.cut) throw new ZagError("its prompt was not kept whole");
  if (holdsRedaction(prompt?.text)) throw redactedError("its prompt");
  return prompt?.text;
}

function redactedError(what: string): ZagError {
  return new ZagError(`${what} held a secret, which is not kept`, {
    hint: "Start it anew; an agent can find a secret in a variable: --env NAME=VALUE",
  });
}

async function checkDirectory(path: string): Promise<void> {
  const info = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  });
  if (!info?.isDirectory) {
    throw new ZagError(`the directory that it was started in is gone: ${path}`);
  }
}

/**
 * The options, without contexts, with the provider that it had, also where that was configured or
 * stood in for another. A size belongs to the model of then, whose name holds it.
 */
function withModel(
  { provider }: SessionRecord,
  { options }: RecordedLaunch,
  model: string | undefined,
): LaunchOptions {
  // Nobody had chosen yet.
  const { size: _s, context: _c, model: chosen, ...rest } = options;
  const wanted = model ?? (provider === AUTO ? chosen : undefined);
  return {
    ...rest,
    ...(provider === AUTO ? {} : { provider }),
    ...(wanted === undefined ? {} : { model: wanted }),
  };
}

/** What was said about it since counts, too. */
function metadata({ name, description, tags }: SessionRecord): LaunchOptions {
  return {
    ...(name === null ? {} : { name }),
    ...(description === null ? {} : { description }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}

/** The variables that were set, with the values that they have now. */
function environment(
  { host, warning }: RetryAccess,
  { sessionId }: SessionRecord,
  { env: names }: RecordedLaunch,
): LaunchOptions {
  const { env, unset } = envToday(names, host.env);
  if (unset.length > 0) warning?.(unsetWarning(unset, `the retry of ${sessionId}`));
  return names.length === unset.length ? {} : { env };
}

/** What a session depends on now. */
interface Dependencies {
  readonly dependencies: readonly SessionRecord[];
  /** So many of the contexts are in the recorded prompt already; undefined: none is to be kept. */
  readonly injected: number | undefined;
  readonly context: readonly string[];
}

function dependenciesFor(
  access: RetryAccess,
  session: SessionRecord,
  { injected, options }: RecordedLaunch,
  done: ReadonlyMap<string, Retried>,
): Dependencies {
  const dependencies: SessionRecord[] = [];
  let changed = false;
  for (const id of session.dependencies) {
    const dependency = access.store.getSession(id);
    const now = dependency ? dependencyNow(access, dependency, done) : undefined;
    if (!now) {
      const gone = `${depends(id)} is not known any more`;
      // One that has begun had all of them completed then.
      if (session.startedAt === null) throw new ZagError(gone);
      access.warning?.(`${gone}: ${session.sessionId} goes without`);
      continue;
    }
    dependencies.push(now);
    changed ||= now.sessionId !== id;
  }
  const { context = [] } = options;
  if (injected === undefined) return { dependencies, injected, context };
  if (injected > 0 && !changed) return { dependencies, injected, context };
  if (dependencies.length < session.dependencies.length) {
    throw new ZagError("the result of a session that it depends on is not known any more");
  }
  return { dependencies, injected: undefined, context: context.slice(injected) };
}

/** The session that counts in the place of one that was depended on. */
function dependencyNow(
  { store, host }: RetryAccess,
  dependency: SessionRecord,
  done: ReadonlyMap<string, Retried>,
): SessionRecord | undefined {
  const { sessionId } = dependency;
  const here = done.get(sessionId);
  if (here?.error) throw new ZagError(`${depends(sessionId)} could not be retried`);
  if (here?.newId !== undefined) return store.getSession(here.newId);
  const isGood = (session: SessionRecord) => {
    const { status } = sessionState(store, session, host.now());
    return status === "completed" || status === "running" || status === "idle";
  };
  if (isGood(dependency)) return dependency;
  // It may have been tried again before, and its retry, too.
  const seen = new Set<string>();
  for (const queue = [sessionId]; queue.length > 0;) {
    const retriedFrom = queue.shift()!;
    if (seen.has(retriedFrom)) continue;
    seen.add(retriedFrom);
    const retries = store.listSessions({ retriedFrom });
    const good = retries.find(isGood);
    if (good) return good;
    queue.push(...retries.map((retry) => retry.sessionId));
  }
  throw new ZagError(`${depends(sessionId)} did not complete`, { hint: "Retry that one, too" });
}

function depends(id: string): string {
  return `session ${JSON.stringify(id)}, which it depends on,`;
}
