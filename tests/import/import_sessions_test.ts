import type { LogEvent, LogKind } from "../../src/events/log_event.ts";
import { loadProvider } from "../../src/providers/registry.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { deleteSession } from "../../src/sessions/change_session.ts";
import { zagPaths } from "../../src/config/paths.ts";
import { chances } from "../e2e/faults_support.ts";
import { assert, assertEquals, assertNotEquals } from "../support/assert.ts";
import {
  content,
  ImportHome,
  NATIVE_SESSIONS,
  nativeLines,
  type NativeSession,
  readLogFile,
  said,
  writeFile,
} from "../support/native_sessions.ts";

const NOTHING = { imported: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0, failures: [] };

const of = (provider: string, fixture: string): NativeSession =>
  NATIVE_SESSIONS.find((each) => each.provider === provider && each.fixture === fixture)!;
const CLAUDE = of("claude", "transcript_resumed");
const CODEX = of("codex", "rollout_refused");

/** What a transcript tells, each entry with the time of the line that told it. */
async function told(session: NativeSession, work: string): Promise<[string, LogKind][]> {
  const parser = (await loadProvider(session.provider))!.transcript!.parser();
  const entries: [string, LogKind][] = [];
  const take = (kind: LogKind) => entries.push([parser.state.time!, kind]);
  for (const line of await nativeLines(session, work)) parser.line(line, take);
  parser.end?.(take);
  return entries;
}

for (const session of NATIVE_SESSIONS) {
  const { provider, fixture, id } = session;
  Deno.test(`importSessions() keeps what ${provider} ${fixture} tells, at the time it was`, async () => {
    await using home = await ImportHome.create();
    const begun = new Date();
    const path = await home.plant(session);
    assertEquals(await home.import(), { ...NOTHING, imported: 1 });
    const entries = await told(session, home.work);
    const log = await home.log(id);
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    assertEquals(log.slice(2, -1).map(({ ts }) => ts), entries.map(([time]) => time));
    assertEquals(said(log.slice(2, -1)), entries.map(([, kind]) => ({ ...kind })));
    const row = home.row(id)!;
    const [started, meta] = said(log);
    assertEquals(started, {
      type: "session_started",
      command: "import",
      model: row.model,
      cwd: home.work,
      resumed: false,
      backfilled: true,
    });
    assertEquals(meta, {
      type: "session_meta",
      meta: {
        project: null,
        workspace_path: home.work,
        discovered: true,
        discovery_source: path,
        created_at: log[0]!.ts,
      },
    });
    assertEquals(said(log).at(-1), {
      type: "session_ended",
      success: true,
      error: null,
      outcome: "success",
    });
    const { imported_at } = log.at(-1) as LogEvent & { imported_at?: string };
    assert(new Date(imported_at ?? 0) >= begun, imported_at);
    const { capabilities } = (await loadProvider(provider))!;
    for (const line of log) {
      assertEquals(
        [line.provider, line.wrapper_session_id, line.provider_session_id, line.source_kind],
        [provider, id, id, "backfill"],
      );
      assertEquals<unknown>(line.completeness, capabilities.sessionLogs);
    }
    assert(row.model, "the model is known");
    assertEquals(
      {
        native: row.providerSessionId,
        command: row.command,
        cwd: row.cwd,
        project: row.project,
        discovered: row.discovered,
        source: row.discoverySource,
        outcome: row.outcome,
        created: row.createdAt,
        started: row.startedAt,
        ended: row.endedAt,
        log: row.logPath,
        resumed: row.resumed,
      },
      {
        native: id,
        command: "import",
        cwd: home.work,
        project: null,
        discovered: true,
        source: path,
        outcome: "success",
        created: log[0]!.ts,
        started: log[0]!.ts,
        ended: log.at(-1)!.ts,
        log: home.logPath(id),
        resumed: false,
      },
    );
    const used = log.filter((line) => line.type === "usage");
    assertEquals(row.inputTokens, used.reduce((sum, line) => sum + line.input_tokens, 0));
    assertEquals(row.outputTokens, used.reduce((sum, line) => sum + line.output_tokens, 0));
    using store = SessionStore.open(home.database);
    assertEquals(store.usageOf(id).map(({ seq, at }) => [seq, at]), used.map((l) => [l.seq, l.ts]));
  });
}

Deno.test("importSessions() changes nothing when it is done again, with its notes or without", async () => {
  await using home = await ImportHome.create();
  for (const session of NATIVE_SESSIONS) await home.plant(session);
  const imported = NATIVE_SESSIONS.length;
  assertEquals(await home.import({ dryRun: true }), { ...NOTHING, imported });
  assertEquals(await home.import(), { ...NOTHING, imported });
  const state = async () =>
    await Promise.all(
      NATIVE_SESSIONS.map(async (
        { id },
      ) => [await Deno.readTextFile(home.logPath(id)), home.row(id)]),
    );
  const before = await state();
  assertEquals(await home.import(), { ...NOTHING, unchanged: imported });
  assertEquals(await state(), before);
  for (const { file } of NATIVE_SESSIONS) await Deno.utime(`${home.path}/${file}`, 1, 1);
  assertEquals(await home.import(), { ...NOTHING, unchanged: imported });
  assertEquals(await state(), before);
});

for (const session of NATIVE_SESSIONS) {
  const { provider, fixture, id } = session;
  Deno.test(`importSessions() appends what ${provider} ${fixture} has got since, wherever it was cut`, async () => {
    await using whole = await ImportHome.create();
    await whole.plant(session);
    await whole.import();
    const expected = content(await whole.log(id));
    await using home = await ImportHome.create();
    const lines = await nativeLines(session, whole.work);
    for (let cut = 1; cut < lines.length; cut++) {
      await Deno.remove(`${home.path}/.zag`, { recursive: true }).catch(() => {});
      await home.plant(session, lines.slice(0, cut));
      const first = await home.import({ global: true });
      const before = first.imported === 0 ? [] : await home.log(id);
      if (before.length > 0) {
        const { success, outcome } = said(before).at(-1)!;
        const finished = await isFinished(provider, lines.slice(0, cut));
        assertEquals(
          [success, outcome, home.row(id)!.outcome],
          finished ? [true, "success", "success"] : [false, "unknown", "unknown"],
          `cut behind line ${cut}`,
        );
      }
      await home.plant(session, lines);
      const second = await home.import({ global: true });
      assertEquals([first.failed, second.failed], [0, 0]);
      const log = await home.log(id);
      // What was there stays as it was, line by line.
      assertEquals(log.slice(0, before.length), before);
      assertEquals(comparable(content(log)), comparable(expected), `cut behind line ${cut}`);
      assertEquals(second.updated, before.length > 0 && log.length > before.length ? 1 : 0);
      const { endedAt, inputTokens, outcome } = home.row(id)!;
      const row = whole.row(id)!;
      assertEquals([endedAt, inputTokens, outcome], [row.endedAt, row.inputTokens, "success"]);
      assertEquals(said(log).at(-1)?.type, "session_ended");
      assertEquals((await home.import({ global: true })).unchanged, 1);
      assertEquals((await home.log(id)).length, log.length);
    }
  });
}

/** Whether the last turn of a transcript came to its end, as far as the file tells. */
async function isFinished(name: string, lines: readonly string[]): Promise<boolean> {
  const parser = (await loadProvider(name))!.transcript!.parser();
  for (const line of lines) parser.line(line, () => {});
  parser.end?.(() => {});
  return parser.state.finished !== false;
}

/**
 * Entries in an order that does not depend on the cut. A call that was open there was told at once,
 * and as the model made it; so were scripts whose own calls were not known yet.
 */
function comparable(entries: readonly Record<string, unknown>[]): string[] {
  return entries.flatMap((entry) => {
    if (entry.type !== "tool_call") return JSON.stringify(entry);
    return entry.tool_name === "exec" ? [] : `call ${entry.tool_id}`;
  }).sort();
}

Deno.test("importSessions() takes every step of a session that grows line by line", async () => {
  await using home = await ImportHome.create();
  const lines = await nativeLines(CLAUDE, home.work);
  for (let count = 1; count <= lines.length; count++) {
    await home.plant(CLAUDE, lines.slice(0, count));
    assertEquals((await home.import()).failed, 0);
  }
  const log = await home.log(CLAUDE.id);
  assertEquals(content(log), (await told(CLAUDE, home.work)).map(([, kind]) => ({ ...kind })));
  const times = log.map(({ ts }) => ts);
  assertEquals(times, times.toSorted());
  const marks = said(log).map(({ type }) => String(type)).filter((type) =>
    /_(started|ended)$/.test(type)
  );
  assertEquals(marks.length % 2, 0);
  for (const [index, mark] of marks.entries()) {
    assertEquals(mark, index % 2 === 0 ? "session_started" : "session_ended");
  }
  assertEquals(home.row(CLAUDE.id)?.resumed, true);
});

Deno.test("importSessions() waits for a line that is still being written", async () => {
  await using home = await ImportHome.create();
  const lines = await nativeLines(CLAUDE, home.work);
  const text = lines.map((line) => line + "\n").join("");
  const path = await home.plant(CLAUDE, []);
  for (const length of [text.length - 400, text.length - 1, text.length]) {
    await writeFile(path, text.slice(0, length));
    assertEquals((await home.import()).failed, 0);
  }
  const entries = content(await home.log(CLAUDE.id));
  assertEquals(entries.filter(({ type }) => type === "parse_warning"), []);
  assertEquals(entries, (await told(CLAUDE, home.work)).map(([, kind]) => ({ ...kind })));
});

Deno.test("importSessions() goes on with a log whose import was cut off anywhere", async () => {
  await using whole = await ImportHome.create();
  await whole.plant(CODEX);
  await whole.import();
  const text = await Deno.readTextFile(whole.logPath(CODEX.id));
  const lines = text.split("\n").slice(0, -1);
  const expected = said(await whole.log(CODEX.id));
  const row = whole.row(CODEX.id);
  for (let count = 1; count <= lines.length; count++) {
    // A zag that was killed right after it had named the log, or while it appended to it.
    await Deno.remove(`${whole.path}/.zag`, { recursive: true });
    await writeFile(
      whole.logPath(CODEX.id),
      lines.slice(0, count).map((line) => line + "\n").join("") + (count % 2 ? "" : '{"seq":'),
    );
    if (count === 1) continue;
    assertEquals(await whole.import(), { ...NOTHING, imported: 1 });
    assertEquals(said(await whole.log(CODEX.id)), expected);
    assertEquals(whole.row(CODEX.id), row);
  }
});

Deno.test("importSessions() takes the sessions of the project, or with global all", async () => {
  await using home = await ImportHome.create();
  const repository = `${home.path}/repository`;
  await writeFile(`${repository}/.git/HEAD`, "ref: refs/heads/main\n");
  await Deno.mkdir(`${repository}/below`);
  const plant = async (session: NativeSession, directory: string) =>
    await home.plant(session, await nativeLines(session, directory));
  const [first, second, third, fourth] = NATIVE_SESSIONS as [
    NativeSession,
    NativeSession,
    NativeSession,
    NativeSession,
  ];
  await plant(first, repository);
  await plant(second, `${repository}/below`);
  await plant(third, `${repository}/gone/long/ago`);
  await plant(fourth, home.work);
  assertEquals(await home.import({ cwd: `${repository}/below` }), { ...NOTHING, imported: 3 });
  assertEquals(await home.import({ cwd: repository }), { ...NOTHING, unchanged: 3 });
  assertEquals(await home.import({ global: true }), { ...NOTHING, imported: 1, unchanged: 3 });
  using store = SessionStore.open(home.database);
  const rows = [first, second, third].map(({ id }) => store.getSession(id)!);
  assertNotEquals(rows[0]!.project, null);
  assertEquals(new Set(rows.map(({ project }) => project)).size, 1);
  assertEquals(new Set(rows.map(({ workspacePath }) => workspacePath)), new Set([repository]));
  assertEquals(rows.map(({ cwd }) => cwd), [
    repository,
    `${repository}/below`,
    `${repository}/gone/long/ago`,
  ]);
  assertEquals(store.getSession(fourth.id)?.project, null);
});

Deno.test("importSessions() leaves sessions alone that zag started itself", async () => {
  await using home = await ImportHome.create();
  await home.plant(CODEX);
  using store = SessionStore.open(home.database);
  store.addSession({
    sessionId: "own",
    providerSessionId: CODEX.id,
    provider: "codex",
    command: "exec",
    workspacePath: home.work,
    createdAt: "2026-01-01T00:00:00Z",
  });
  assertEquals(await home.import(), { ...NOTHING, skipped: 1 });
  assertEquals(store.listSessions().map(({ sessionId }) => sessionId), ["own"]);
});

Deno.test("importSessions() does not bring back what was deleted", async () => {
  await using home = await ImportHome.create();
  await home.plant(CODEX);
  await home.plant(CLAUDE);
  await home.import();
  using store = SessionStore.open(home.database);
  const paths = zagPaths({ get: (name) => name === "HOME" ? home.path : undefined });
  deleteSession(store, paths, store.getSession(CODEX.id)!);
  // A session of ours, which the provider calls otherwise.
  deleteSession(store, paths, store.getSession(CLAUDE.id)!);
  const log = (await Deno.readTextFile(home.logPath(CLAUDE.id)))
    .replaceAll(`"wrapper_session_id":"${CLAUDE.id}"`, '"wrapper_session_id":"own"');
  await Deno.remove(home.logPath(CLAUDE.id));
  await writeFile(home.logPath("own"), log);
  assertEquals(await home.import(), { ...NOTHING, skipped: 2 });
  assertEquals(store.listSessions(), []);
});

Deno.test("importSessions() does not repeat what zag logged when it went on with a session", async () => {
  await using home = await ImportHome.create();
  const lines = await nativeLines(CLAUDE, home.work);
  const at = (text: string) => lines.findIndex((line) => line.includes(`"content":"${text}"`));
  // The second turn was zag's; the third was not.
  await home.plant(CLAUDE, lines.slice(0, at("second turn")));
  await home.import();
  const times = ["2026-11-20T12:15:56.000Z", "2026-11-20T12:15:57.000Z"];
  let now = new Date(times[0]!);
  {
    using log = LogAppender.reopen({
      path: home.logPath(CLAUDE.id),
      provider: "claude",
      sessionId: CLAUDE.id,
      now: () => now,
    });
    log.append([{
      type: "session_started",
      command: "exec",
      model: null,
      cwd: home.work,
      resumed: true,
      backfilled: false,
    }, { type: "assistant_message", content: "STUB:second turn", message_id: null }]);
    now = new Date(times[1]!);
    log.append([{ type: "session_ended", success: true, error: null, outcome: "success" }]);
  }
  await home.plant(CLAUDE, lines);
  assertEquals(await home.import(), { ...NOTHING, updated: 1 });
  const log = await home.log(CLAUDE.id);
  const answers = log.filter((line) => line.type === "assistant_message");
  assertEquals(answers.map(({ content, source_kind }) => [content, source_kind]), [
    ["STUB:first turn", "backfill"],
    ["STUB:second turn", "wrapper"],
    ["STUB:third turn", "backfill"],
    ["STUB:---via stdin", "backfill"],
  ]);
  assertEquals(await home.import(), { ...NOTHING, unchanged: 1 });
});

Deno.test("importSessions() leaves a session alone at which an agent is at work", async () => {
  await using home = await ImportHome.create();
  const lines = await nativeLines(CLAUDE, home.work);
  await home.plant(CLAUDE, lines.slice(0, 6));
  await home.import();
  using store = SessionStore.open(home.database);
  store.addProcess({
    id: "run",
    sessionId: CLAUDE.id,
    provider: "claude",
    command: "run",
    ownerPid: Deno.pid,
    startedAt: new Date().toISOString(),
  });
  await home.plant(CLAUDE, lines);
  assertEquals(await home.import(), { ...NOTHING, skipped: 1 });
  store.endProcess("run", { status: "exited", exitCode: 0 });
  assertEquals(await home.import(), { ...NOTHING, updated: 1 });
});

Deno.test("importSessions() names what it cannot import, and imports the rest", async () => {
  await using home = await ImportHome.create();
  await home.plant(CLAUDE);
  const claude = (name: string, text: string) =>
    writeFile(`${home.path}/.claude/projects/x/${name.padEnd(36, "0")}.jsonl`, text);
  await claude("a", "no json\nat all\n");
  await claude("b", '{"some":"json"}\n{"of":"others"}\n');
  await claude("c", "");
  await claude("d", '{"type":"summary","summary":"s","leafUuid":"x"}\n');
  await writeFile(`${home.path}/.claude/projects/x/agent-1.jsonl`, "no json");
  const codexFile = `${home.path}/.codex/sessions/2026/01/01/rollout-x.jsonl`;
  const meta = (payload: unknown) => JSON.stringify({ type: "session_meta", payload }) + "\n";
  const prompt = JSON.stringify({
    type: "event_msg",
    payload: { type: "user_message", message: "hello" },
  });
  await writeFile(codexFile, meta({ id: "x/y", cwd: home.work }) + prompt + "\n");
  await writeFile(
    codexFile.replace("-x", "-y"),
    meta({ id: "y", cwd: home.work, source: { subagent: "review" } }) + prompt + "\n",
  );
  const { failures, ...summary } = await home.import();
  assertEquals(summary, { imported: 1, updated: 0, unchanged: 0, skipped: 3, failed: 3 });
  assertEquals(failures.map((failure) => failure.replace(/.*\//, "")).sort(), [
    "a00000000000000000000000000000000000.jsonl: it is damaged",
    "b00000000000000000000000000000000000.jsonl: it names no session",
    'y" is odd',
  ]);
});

Deno.test("importSessions() reports a file that it cannot import once, until that changes", async () => {
  await using home = await ImportHome.create();
  const path = `${home.path}/.claude/projects/x/${"a".repeat(36)}.jsonl`;
  const outcome = async (options = {}) => {
    const { failed, skipped, failures } = await home.import(options);
    return [failed, skipped, ...failures.map((text) => text.replace(/.*: /, ""))];
  };
  await writeFile(path, "no json\n");
  const damaged = [1, 0, "it is damaged"];
  assertEquals(await outcome({ dryRun: true }), damaged, "a dry run notes nothing");
  assertEquals(await outcome(), damaged);
  assertEquals(await outcome(), [0, 1]);
  assertEquals(await outcome({ dryRun: true }), [0, 1]);
  await writeFile(path, "no json, and more\n");
  assertEquals(await outcome(), damaged);
  await writeFile(path, '{"a":1}\n{"b":2}\n{"c":3}\n');
  assertEquals(await outcome(), [1, 0, "it names no session"]);
  await home.plant({ ...CLAUDE, file: path.slice(home.path.length + 1) });
  assertEquals(await home.import(), { ...NOTHING, imported: 1 });
});

Deno.test("importSessions() corrects how a session ended when its file says no more than that", async () => {
  const done = (line: string) => line.includes('"task_complete"');
  await using home = await ImportHome.create();
  const lines = await nativeLines(CODEX, home.work);
  const end = lines.findLastIndex(done);
  assert(end > 0);
  const whole = lines.slice(0, end + 1).map((line, index) =>
    // What a line of this kind may repeat is an entry; that the turn is over is none.
    index === end ? line.replace(/"last_agent_message":"[^"]*"/, '"last_agent_message":null') : line
  );
  await home.plant(CODEX, whole.slice(0, -1));
  assertEquals(await home.import(), { ...NOTHING, imported: 1 });
  const before = await home.log(CODEX.id);
  assertEquals([before.at(-1)!.type, home.row(CODEX.id)!.outcome], ["session_ended", "unknown"]);
  await home.plant(CODEX, whole);
  assertEquals((await home.import({ dryRun: true })).updated, 1);
  assertEquals(await home.import(), { ...NOTHING, updated: 1 });
  const more = (await home.log(CODEX.id)).slice(before.length);
  assertEquals(said(more).map(({ type, outcome }) => [type, outcome]), [
    ["session_ended", "success"],
  ]);
  assertEquals(home.row(CODEX.id)!.outcome, "success");
  assertEquals(await home.import(), { ...NOTHING, unchanged: 1 });
});

Deno.test("importSessions() takes the directory of a Gemini session from the file beside it", async () => {
  await using home = await ImportHome.create();
  const session = of("gemini", "transcript");
  const lines = (await nativeLines(session, home.work)).map((line) =>
    line.replace("Workspace Directories", "Directories")
  );
  await home.plant(session, lines);
  assertEquals((await home.import({ global: true })).failures.length, 1);
  await writeFile(`${home.path}/.gemini/tmp/project/.project_root`, home.work);
  assertEquals(await home.import(), { ...NOTHING, imported: 1 });
  assertEquals(home.row(session.id)?.cwd, home.work);
});

Deno.test("importSessions() survives damaged files, and goes on where they are mended", async () => {
  const chance = chances(20261121);
  const random = (limit: number) => Math.floor(chance() * limit);
  for (let round = 0; round < 25; round++) {
    await using home = await ImportHome.create();
    for (const session of NATIVE_SESSIONS) {
      const path = await home.plant(session);
      const bytes = await Deno.readFile(path);
      for (let hits = random(4); hits > 0; hits--) damage(bytes, random);
      await Deno.writeFile(path, random(5) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
    }
    const damaged = await home.import({ global: true });
    const { imported, skipped, failed } = damaged;
    assertEquals(imported + skipped + failed, NATIVE_SESSIONS.length);
    const again = await home.import({ global: true });
    assertEquals([again.imported, again.updated, again.unchanged], [0, 0, imported]);
    for (const session of NATIVE_SESSIONS) await home.plant(session);
    const mended = await home.import({ global: true });
    assertEquals(mended.failed, 0);
    for (const { id, provider } of NATIVE_SESSIONS) {
      const whole = await told(NATIVE_SESSIONS.find((each) => each.id === id)!, home.work);
      const answers = whole.filter(([, kind]) => kind.type === "assistant_message").length;
      using store = SessionStore.open(home.database);
      const row = store.getSession(id);
      assert(row, `${provider} ${id} was not imported`);
      const log = await readLogFile(row.logPath!);
      const got = log.filter((line) => line.type === "assistant_message").length;
      assert(got >= answers, `${provider} ${id}: ${got} of ${answers} answers`);
    }
  }
});

function damage(bytes: Uint8Array, random: (limit: number) => number): void {
  const at = random(bytes.length);
  const length = 1 + random(random(3) === 0 ? 400 : 3);
  for (let index = at; index < Math.min(bytes.length, at + length); index++) {
    bytes[index] = random(256);
  }
}

Deno.test("importSessions() keeps long fields whole beside the log", async () => {
  await using home = await ImportHome.create();
  const long = "x".repeat(300_000);
  const lines = (await nativeLines(CLAUDE, home.work)).map((line) =>
    line.replaceAll("second turn", long)
  );
  await home.plant(CLAUDE, lines);
  await home.import();
  const names = [...Deno.readDirSync(`${home.path}/.zag/logs/sessions`)].map(({ name }) => name);
  assertEquals(names.sort(), [`${CLAUDE.id}.jsonl`, `${CLAUDE.id}.overflow`]);
  const { wholeEvent } = await import("../../src/sessions/overflow.ts");
  const log = await home.log(CLAUDE.id);
  const cut = log.find((line) => line.type === "user_message" && line.truncated)!;
  const event = await wholeEvent(home.logPath(CLAUDE.id), cut) as LogEvent & { content: string };
  assertEquals(event.content, long);
  await Deno.utime(`${home.path}/${CLAUDE.file}`, 1, 1);
  assertEquals(await home.import(), { ...NOTHING, unchanged: 1 });
  assertEquals((await home.log(CLAUDE.id)).length, log.length);
});

Deno.test("importSessions() clears away what a killed import has left", async () => {
  await using home = await ImportHome.create();
  await home.plant(CLAUDE);
  await home.import();
  const left = [`${home.logPath(CLAUDE.id)}.import.tmp`, `${home.logPath("x")}.import.tmp`];
  for (const path of left) {
    await writeFile(path, "left");
    await writeFile(`${path}.overflow`, "left");
  }
  await home.import({ dryRun: true });
  assert((await Deno.stat(left[0]!)).isFile);
  await home.import();
  const names = [...Deno.readDirSync(`${home.path}/.zag/logs/sessions`)].map(({ name }) => name);
  assertEquals(names, [`${CLAUDE.id}.jsonl`]);
});
