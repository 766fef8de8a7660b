/** A program that uses the library; what it finds goes to a file, so that it prints nothing itself. */
import {
  AgentBuilder,
  autoSelect,
  cancelSessions,
  closeInput,
  collectResults,
  Config,
  ConfigError,
  determineStatus,
  followSession,
  gcCollect,
  mcp,
  pipeSessions,
  plan,
  ProcessStore,
  readEvents,
  resolveModel,
  retrySessions,
  review,
  Sandbox,
  search,
  SelectionError,
  sendBroadcast,
  sendInput,
  type SessionEvent,
  SessionStore,
  SilentProgress,
  skills,
  spawnSession,
  subscribeEvents,
  summarizeSessions,
  waitForSessions,
  type WaitTimeoutError,
  Worktree,
  ZagBuilder,
} from "../../../src/mod.ts";
import type { Step } from "../../../src/providers/mock/script.ts";

/** An agent's script, for `env`; each argument is a turn. */
function script(...turns: Step[][]): Record<string, string> {
  return { ZAG_MOCK_SCRIPT: JSON.stringify({ turns: turns.map((steps) => ({ steps })) }) };
}

const MOCK = { provider: "mock" };
const HANGS: Step[] = [{ do: "say", text: "half" }, { do: "hang" }];

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What a call was rejected with. */
async function failure(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was not rejected");
}

/** Runs one session with a log, and returns its id. */
async function session(name: string, answer: string, tag = "t"): Promise<string> {
  const env = script([{ do: "tool", name: "read" }, { do: "say", text: answer }]);
  const builder = new AgentBuilder({ ...MOCK, name, tags: [tag], env, sessionLog: "auto" });
  return (await builder.exec(`ask ${name}`)).sessionId;
}

const [scenario, output] = Deno.args;

const scenarios: Record<string, () => Promise<unknown>> = {
  async schema() {
    const silent = new AgentBuilder(MOCK).onProgress(new SilentProgress());
    const builder = silent.jsonSchema({
      type: "object",
      properties: { sum: { type: "number" }, notes: { type: "array", items: { type: "string" } } },
      required: ["sum"],
    });
    const output = await builder.exec('{"sum": 5, "notes": ["a"]}');
    if (output.is_error) throw new Error("there is no answer");
    const { json } = output;
    // Neither would compile if the type were not known.
    return [json.sum + 1, json.notes?.map((note) => note.toUpperCase())];
  },
  async sessions() {
    const one = await session("one", "1");
    const two = await session("two", "2", "u");
    using store = await SessionStore.open();
    const listed = store.list().map(({ name }) => name);
    const found = [store.get(one)?.name, store.resolve(one.slice(0, 12)).name, store.get("one")];
    const byTag = store.list({ tag: "U", provider: "MOCK", limit: 5 }).map(({ name }) => name);
    const changed = store.update("two", { name: "zwei", description: "d", tags: ["x", "y"] });
    const statuses = [store.status("zwei"), await determineStatus(one)];
    store.delete(two);
    const gone = (await failure(() => store.resolve("zwei"))).name;
    const { name, description, tags } = changed;
    return { listed, found, byTag, changed: [name, description, tags], statuses, gone };
  },
  async processes() {
    const id = await session("one", "1");
    using store = await ProcessStore.open();
    const [run] = store.list({ session: id });
    return [
      [run!.sessionName, run!.command, run!.liveStatus, run!.exitCode],
      store.get(run!.id.slice(0, 8))?.id === run!.id,
      store.list({ running: true }),
    ];
  },
  async config() {
    const config = await Config.load();
    const before = [config.get("model"), config.source("defaults.model")];
    await config.set("model", "small", { global: true });
    const after = [config.get("defaults.model"), config.source("model")];
    const errors = [
      await failure(() => config.set("defaults.max_turns", "many")),
      await failure(() => config.get("nothing")),
    ].map(({ name, message }) => `${name}: ${message.slice(0, 40)}`);
    const other = await Config.load();
    await other.set("defaults.model", undefined, { global: true });
    const home = Deno.env.get("HOME");
    const unset = other.get("model") ?? null;
    await Deno.writeTextFile(`${home}/.zag/zag.jsonc`, '{"defaults": {"nonsense": 1}}');
    const broken = await failure(() => Config.load()) instanceof ConfigError;
    return [before, after, errors, unset, broken, config.keys.includes("auto.model")];
  },
  async search() {
    await session("one", "a needle here");
    await session("two", "nothing");
    const hits = await collect(search("NEEDLE"));
    const none = await collect(search({ text: "NEEDLE", caseSensitive: true }));
    const tools = await collect(search({ tool: "read", limit: 1, from: "2001-01-01" }));
    const bad = await failure(() => collect(search({ from: "soon" })));
    return [
      hits.map(({ session, event, snippet }) => [session.name, event.type, snippet.match]),
      none.length,
      tools.map(({ event }) => event.type),
      bad.message,
    ];
  },
  async events() {
    const id = await session("one", "done");
    const all = (await collect(readEvents(id))).map(({ type }) => type);
    const last = await collect(readEvents("one", { types: ["assistant-message"], last: 1 }));
    const followed = (await collect(followSession(id))).map(({ type }) => type);
    const bad = await failure(() => collect(readEvents(id, { types: ["nonsense"] })));
    const same = JSON.stringify(all) === JSON.stringify(followed);
    return [all.at(0), all.at(-1), last.map(({ type }) => type), same, bad.name];
  },
  async subscribe() {
    const stop = new AbortController();
    const begun = Promise.withResolvers<void>();
    const seen: SessionEvent[] = [];
    const following = (async () => {
      const options = { types: ["session_ended"], signal: stop.signal, onReady: begun.resolve };
      for await (const event of subscribeEvents(options)) {
        seen.push(event);
        break;
      }
    })();
    await begun.promise;
    const id = await session("one", "1");
    await following;
    return seen.map(({ sessionId, event }) => [sessionId === id, event.type]);
  },
  async background() {
    const first = await spawnSession({
      ...MOCK,
      prompt: "first",
      name: "a",
      env: script([{ do: "say", text: "A" }]),
    });
    const second = await spawnSession({
      ...MOCK,
      prompt: '{"n": 1}',
      dependsOn: ["a"],
      jsonSchema: { type: "object", required: ["n"] },
    });
    const following = collect(followSession(second.sessionId));
    const failing = await spawnSession({
      ...MOCK,
      prompt: "x",
      env: script([{ do: "exit", code: 4 }]),
    });
    const ids = [first.sessionId, second.sessionId, failing.sessionId];
    const ends = await waitForSessions(ids.slice(0, 2), { timeout: "60s" });
    const [failed] = await waitForSessions([failing.sessionId], { any: true });
    const results = await collectResults(ids.slice(0, 2));
    const [summary] = await summarizeSessions([first.sessionId]);
    const piped = await pipeSessions(["a"], "about", { ...MOCK, env: script([{ do: "prompt" }]) });
    const passedOver = await retrySessions(["a"], { failed: true });
    const retried = await retrySessions(["a"]);
    const again = retried[0]!.newSessionId!;
    const [retry] = await waitForSessions([again], { timeout: "60s" });
    return {
      begun: [first.interactive, first.pid > 0, first.logPath.includes(first.sessionId)],
      ends: ends.map(({ sessionId, status }) => [ids.indexOf(sessionId), status]),
      results: results.map(({ name, status, result }) => [name, status, result]),
      summary: [summary!.turns, summary!.result, summary!.status, summary!.durationMs >= 0],
      piped: [piped.result?.includes("A"), piped.result?.includes("about"), piped.is_error],
      followed: (await following).map(({ type }) => type).at(-1),
      failed: [failed!.status, failed!.error !== null, passedOver],
      retried: [retried[0]!.sessionId === first.sessionId, retry!.status],
    };
  },
  async program() {
    const zag = Deno.env.get("OTHER_ZAG");
    const options = { ...MOCK, prompt: "x", ...(zag ? { zag } : {}) };
    const { sessionId } = await spawnSession(options);
    const [end] = await waitForSessions([sessionId], { timeout: "60s" });
    return end!.status;
  },
  async cancel() {
    const { sessionId } = await spawnSession({ ...MOCK, prompt: "x", env: script(HANGS) });
    const late = await failure(() => waitForSessions([sessionId], { timeout: 1 }));
    const stop = new AbortController();
    const waiting = failure(() => waitForSessions([sessionId], { signal: stop.signal }));
    stop.abort(new Error("enough"));
    const [cancelled] = await cancelSessions([sessionId], "changed my mind");
    const [again] = await cancelSessions([sessionId]);
    // What an agent of it would start.
    const top = await spawnSession({ ...MOCK, prompt: "x", env: script(HANGS) });
    Deno.env.set("ZAG_SESSION_ID", top.sessionId);
    const below = await spawnSession({ ...MOCK, prompt: "x", env: script(HANGS) });
    Deno.env.delete("ZAG_SESSION_ID");
    const tree = await cancelSessions([top.sessionId], undefined, { tree: true });
    const [result] = await collectResults([sessionId]);
    return [
      [late.name, (late as WaitTimeoutError).waiting.length],
      (await waiting).message,
      [cancelled!.cancelled, again!.cancelled, again!.failed ?? false],
      result!.error,
      tree.map(({ sessionId, cancelled }) => [
        [top.sessionId, below.sessionId].indexOf(sessionId),
        cancelled,
      ]),
    ];
  },
  async input() {
    const id = await session("one", "1");
    const answer = await sendInput("one", "more");
    const { sessionId } = await spawnSession({ ...MOCK, name: "pipe", interactive: true });
    const piped = await sendInput(sessionId, "hello", { awaitAnswer: true });
    const empty = await failure(() => sendInput(id, " "));
    const delivered = await sendBroadcast("all of you");
    await closeInput(sessionId);
    const [end] = await waitForSessions([sessionId], { timeout: "60s" });
    const none = await failure(() => closeInput("one"));
    return [
      [answer.sessionId === id, answer.way, answer.answer?.is_error],
      [piped.way, piped.answer?.result],
      empty.message,
      delivered.map(({ arrived, error }) => [arrived, error ?? null]),
      [end!.status, none.name],
    ];
  },
  async gc() {
    const id = await session("one", "1");
    const dry = await gcCollect({ olderThan: 1 });
    using store = await SessionStore.open();
    const kept = store.get(id) !== undefined;
    const wet = await gcCollect({ olderThan: 1, dryRun: false });
    return [dry.counts.session_logs, kept, wet.counts.session_logs, store.get(id) === undefined];
  },
  async choose() {
    const answers = (answer: string) =>
      Deno.env.set("ZAG_MOCK_SCRIPT", script([{ do: "say", text: answer }]).ZAG_MOCK_SCRIPT!);
    answers('{"model":"large"}');
    const chosen = await autoSelect("a hard task", { provider: "mock" });
    const both = await failure(() => autoSelect("x", { provider: "mock", model: "small" }));
    answers('{"declined": true, "reason": "too vague"}');
    const declined = await failure(() => autoSelect("x", { provider: "mock" }));
    const isDeclined = declined instanceof SelectionError && declined.reason;
    const warnings: string[] = [];
    const resolved = await resolveModel("claude", "small");
    const own = await resolveModel("claude", "new-one", {
      onWarning: (text) => warnings.push(text),
    });
    return [chosen, both.name, isDeclined, resolved.is_alias, [
      own.resolved,
      own.is_alias,
      warnings.length,
    ]];
  },
  async tasks() {
    const env = script([{ do: "prompt" }]);
    const reviewed = await review({ ...MOCK, env, uncommitted: true, title: "words" });
    const planned = await plan({ ...MOCK, env, goal: "a tower", instructions: "of stone" });
    const errors = [
      await failure(() => review({ ...MOCK })),
      await failure(() => review({ ...MOCK, base: "nowhere" })),
      await failure(() => plan({ ...MOCK, goal: " " })),
    ].map(({ name }) => name);
    return [
      ["+changed", "words"].map((text) => reviewed.result?.includes(text)),
      ["a tower", "of stone"].map((text) => planned.result?.includes(text)),
      errors,
    ];
  },
  async worktree() {
    const kept = await Worktree.create(".", "kept");
    const states = [[await kept.hasChanges(), await kept.hasUnpushedCommits()]];
    await Deno.writeTextFile(`${kept.path}/new.txt`, "new");
    states.push([await kept.hasChanges(), await kept.hasUnpushedCommits()]);
    const git = async (...args: string[]) =>
      void await new Deno.Command("git", { args, cwd: kept.path }).output();
    const still = await kept.remove();
    await git("add", ".");
    await git("commit", "-qm", "new");
    states.push([await kept.hasChanges(), await kept.hasUnpushedCommits()]);
    const removal = await kept.remove({ discard: true });
    let path: string;
    {
      await using untouched = await Worktree.create(".");
      path = untouched.path;
    }
    const isGone = await Deno.stat(path).then(() => false, () => true);
    return [
      kept.name,
      states,
      still.removed,
      [removal.removed, removal.keptBranch === kept.branch],
      isGone,
    ];
  },
  async sandbox() {
    await Sandbox.remove("box");
    return (await failure(() => Sandbox.remove("../box"))).name;
  },
  async skills() {
    const path = await skills.add("knots", { description: "How to tie" });
    const warnings: string[] = [];
    const names = (await skills.list({ onWarning: (text) => warnings.push(text) })).map((
      { name },
    ) => name);
    const { description } = await skills.get("knots");
    const setup = await skills.setup("claude");
    const synced = (await skills.sync()).map(({ provider }) => provider);
    const linked = [...Deno.readDirSync(`${Deno.env.get("HOME")}/.claude/skills`)].map(({ name }) =>
      name
    );
    const imported = await skills.import("claude");
    const removed = await skills.remove("knots");
    const gone = (await failure(() => skills.get("knots"))).name;
    return [
      path.endsWith("knots/SKILL.md"),
      names,
      warnings,
      description,
      setup.report,
      synced,
      linked,
      imported,
      removed,
      gone,
    ];
  },
  async mcp() {
    await mcp.add({ name: "files", command: "serve", args: ["-x"] }, { global: true });
    const outside = (await failure(() => mcp.add({ name: "here", command: "serve" }))).message;
    const wrong = (await failure(() => mcp.add({ name: "n" }, { global: true }))).message;
    const [{ server, scope }] = await mcp.list() as [Awaited<ReturnType<typeof mcp.get>>];
    const found = await mcp.get("files");
    const { report } = await mcp.setup("claude");
    const synced = (await mcp.sync()).length;
    const imported = await mcp.import("claude");
    const { scopes, providers } = await mcp.remove("files");
    return [
      outside,
      wrong,
      [server.name, server.args, scope],
      found.path.endsWith("files.toml"),
      report,
      synced,
      imported,
      scopes,
      providers,
    ];
  },
  async facade() {
    const env = script([{ do: "say", text: "first" }], [{ do: "prompt" }], [{ do: "prompt" }], [{
      do: "prompt",
    }], [{ do: "prompt" }]);
    const builder = new ZagBuilder().bin("/nowhere").provider("mock").env(
      "ZAG_MOCK_SCRIPT",
      env.ZAG_MOCK_SCRIPT!,
    );
    const first = await builder.exec("one");
    const second = await builder.clone().execResume(first.sessionId, "two");
    const third = await builder.execContinue("three");
    const types = async (events: AsyncIterable<{ type: string }>) =>
      (await collect(events)).map(({ type }) => type).at(-1);
    const streams = [
      await types(builder.streamResume(first.sessionId, "four")),
      await types(builder.streamContinue("five")),
    ];
    const { json } = await new ZagBuilder().provider("mock").jsonSchema({
      type: "array",
      items: { type: "number" },
    }).exec("[1, 2]");
    const any = await new ZagBuilder().provider("mock").json().exec("[3]");
    const unsupported = await failure(() => new ZagBuilder().provider("mock").sandbox().exec("x"));
    using store = await SessionStore.open();
    return [
      first.log_path !== null,
      [second.sessionId, third.sessionId].map((id) => id === first.sessionId),
      [second.result, third.result],
      streams,
      [json![0]! + json![1]!, any.json],
      unsupported.name,
      store.list().length,
    ];
  },
};

const result = await scenarios[scenario!]!();
await Deno.writeTextFile(output!, JSON.stringify(result ?? null));
