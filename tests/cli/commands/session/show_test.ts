import { unicodeWidth } from "../../../../src/events/render/width.ts";
import { assert, assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { ago, ALIVE, Recorded, uuid } from "./support.ts";

const FAILED = uuid(1);
const RUNNING = uuid(2);
const PLAIN = uuid(3);

/** One session about which everything is known, one that runs, and one about which little is. */
async function recorded(): Promise<Recorded> {
  const given = await Recorded.create();
  given.add(FAILED, {
    createdAt: ago(90),
    startedAt: ago(30),
    endedAt: ago(5),
    outcome: "timeout",
    exitCode: 143,
    signal: "SIGTERM",
    error: "The agent was silent for longer than 20 minutes, so it was ended; raise --idle-timeout",
    name: "release notes",
    description:
      "Write the notes of the next release:\n\t日本語の説明も含まれています。 \x1b[31mred",
    tags: ["docs", "Nightly"],
    provider: "claude",
    model: "claude-opus-5.5",
    command: "run",
    providerSessionId: "native-1",
    workspacePath: "/srv/app/notes",
    cwd: "/srv/app/notes/below",
    isWorktree: true,
    worktreeName: "notes",
    sandboxName: "box",
    discoverySource: "/home/other/.claude/projects/x/native-1.jsonl",
    discovered: true,
    logPath: `/home/me/.zag/logs/sessions/${FAILED}.jsonl`,
    logCompleteness: "partial",
    parentSessionId: PLAIN,
    parentProcessId: "run-of-parent",
    resumedFrom: "gone-session",
    retriedFrom: PLAIN,
    dependencies: [PLAIN, "gone-session"],
    exit: { hint: "the notes", jsonMode: true, schema: { type: "object" } },
    inputTokens: 1_234_567,
    outputTokens: 890,
    cacheReadTokens: 1_000_000,
    cacheCreationTokens: 12,
    costUsd: 0.25,
    launch: { env: ["SECRET_NAME"] },
  }, { id: "run-1", exitCode: 143, startedAt: ago(30) });
  given.add(RUNNING, {
    createdAt: ago(4),
    outcome: null,
    heartbeatAt: ago(0),
    providerSessionId: "native-2",
  }, { ...ALIVE, id: "run-2", agentPid: 4_000_000, status: "running" });
  given.add(PLAIN, { createdAt: ago(100), endedAt: ago(100), name: "mother" });
  return given;
}

const TIMES = [0, 4, 5, 30, 90, 100];

for (const columns of [60, 100, 200]) {
  Deno.test(`session show at ${columns} columns`, async (t) => {
    await using given = await recorded();
    const terminal = { stdoutTty: true, columns, env: { NO_COLOR: "1" } };
    const shown = await given.out(["session", "show", FAILED], terminal);
    await t.assertSnapshot(given.stable(shown, ...TIMES));
    // What is to be copied is not broken; all else fits.
    const whole = /^(Workspace|Worktree|Directory|Found In|Log|Resume):/;
    for (const line of shown.split("\n").filter((line) => !whole.test(line))) {
      assert(unicodeWidth(line) <= columns, line);
    }
  });
}

Deno.test("session show in colour", async (t) => {
  await using given = await recorded();
  const terminal = { stdoutTty: true, columns: 100 };
  const shown = await given.out(["session", "show", "mother"], terminal);
  await t.assertSnapshot(given.stable(shown, ...TIMES));
  // deno-lint-ignore no-control-regex
  const plain = shown.replace(/\x1b\[\d*m/g, "");
  assertEquals(plain, await given.out(["session", "show", "mother"]));
  assertEquals(plain, await given.out(["-q", "session", "show", "mother"], terminal));
});

Deno.test("session show at a pipe breaks no line", async (t) => {
  await using given = await recorded();
  const shown = await given.out(["session", "show", FAILED], { columns: 40 });
  await t.assertSnapshot(given.stable(shown, ...TIMES));
});

Deno.test("session show has a path on one line, whatever is in it", async () => {
  await using given = await recorded();
  const path = "/srv/two\nlines\r\n\tand \x1b[31mred";
  given.add(uuid(4), { workspacePath: path, cwd: `${path}/below`, logPath: `${path}/log` });
  const shown = await given.out(["session", "show", uuid(4)]);
  const place = "/srv/two lines  and [31mred";
  for (const [label, end] of [["Workspace", ""], ["Directory", "/below"], ["Log", "/log"]]) {
    const [line = ""] = shown.split("\n").filter((each) => each.startsWith(`${label}: `));
    assertEquals(line.slice(line.indexOf("/")), place + end);
  }
});

Deno.test("session show of a session that runs", async (t) => {
  await using given = await recorded();
  await t.assertSnapshot(given.stable(await given.out(["session", "show", RUNNING]), ...TIMES));
});

Deno.test("session show --json tells everything but how it was started", async () => {
  await using given = await recorded();
  const text = await given.out(["session", "show", FAILED, "--json"], { stdoutTty: true });
  assertEquals(text.indexOf("\n"), text.length - 1);
  assertEquals(
    text,
    JSON.stringify({
      session_id: FAILED,
      provider: "claude",
      model: "claude-opus-5.5",
      created_at: ago(90),
      provider_session_id: "native-1",
      worktree_path: "/srv/app/notes",
      sandbox_name: "box",
      log_completeness: "partial",
      name: "release notes",
      description:
        "Write the notes of the next release:\n\t日本語の説明も含まれています。 \x1b[31mred",
      tags: ["docs", "Nightly"],
      status: "failed",
      command: "run",
      started_at: ago(30),
      ended_at: ago(5),
      parent_session_id: PLAIN,
      project: null,
      error:
        "The agent was silent for longer than 20 minutes, so it was ended; raise --idle-timeout",
      outcome: "timeout",
      end_reason: null,
      exit_code: 143,
      signal: "SIGTERM",
      duration_ms: 25 * 60_000,
      elapsed_ms: 85 * 60_000,
      last_heartbeat_at: ago(5),
      pid: null,
      process_id: "run-1",
      cwd: "/srv/app/notes/below",
      is_worktree: true,
      worktree_name: "notes",
      worktree_gone: true,
      interactive: false,
      discovered: true,
      discovery_source: "/home/other/.claude/projects/x/native-1.jsonl",
      log_path: `/home/me/.zag/logs/sessions/${FAILED}.jsonl`,
      parent_process_id: "run-of-parent",
      resumed_from: "gone-session",
      retried_from: PLAIN,
      dependencies: [PLAIN, "gone-session"],
      exit: { hint: "the notes", json_mode: true, schema: { type: "object" } },
      usage: {
        input_tokens: 1_234_567,
        output_tokens: 890,
        cache_read_tokens: 1_000_000,
        cache_creation_tokens: 12,
        cost_usd: 0.25,
      },
      resume_command: `zag run --resume ${FAILED}`,
    }) + "\n",
  );
});

Deno.test("session show --json begins with what the list says", async () => {
  await using given = await recorded();
  for (const info of JSON.parse(await given.out(["session", "list", "--json"]))) {
    const shown = await given.out(["session", "show", info.session_id, "--json"]);
    assert(shown.startsWith(JSON.stringify(info).slice(0, -1)), shown);
  }
  const { pid, duration_ms, status, resume_command } = JSON.parse(
    await given.out(["session", "show", RUNNING, "--json"]),
  );
  assertEquals([pid, duration_ms, status, resume_command], [4_000_000, 240_000, "running", null]);
});

Deno.test("session show says how a session can go on, where it can", async () => {
  await using given = await Recorded.create();
  const table: [string, Parameters<Recorded["add"]>[1], string | null][] = [
    ["a-run", { command: "run", providerSessionId: "n" }, "zag run --resume a-run"],
    ["an-exec", { providerSessionId: "n" }, 'zag exec --resume an-exec "PROMPT"'],
    ["nameless", { command: "run" }, null],
    [
      "dead-one",
      { outcome: "dead", providerSessionId: "n" },
      'zag exec --resume dead-one "PROMPT"',
    ],
    ["foreign", { provider: "nobody-knows", providerSessionId: "n" }, null],
  ];
  for (const [id, more, expected] of table) {
    given.add(id, more);
    const shown = JSON.parse(await given.out(["session", "show", id, "--json"]));
    assertEquals(shown.resume_command, expected, id);
  }
});

Deno.test("session show finds a session in every way, from anywhere", async () => {
  await using given = await recorded();
  given.store.updateSession(FAILED, { project: "elsewhere" });
  const table: [string[], string][] = [
    [[FAILED], FAILED],
    [["00000001"], FAILED],
    [["native-1"], FAILED],
    [["release notes"], FAILED],
    [["--name", "mother"], PLAIN],
    [["--latest"], RUNNING],
    [["--active"], RUNNING],
    [["--ps", "run-2"], RUNNING],
    [["--ps", "4000000"], RUNNING],
    [["--global", "--name", "release notes"], FAILED],
  ];
  for (const [args, expected] of table) {
    const shown = await given.out(["session", "show", "--json", ...args], { cwd: given.home.path });
    assertEquals(JSON.parse(shown).session_id, expected, args.join(" "));
  }
});

const refused: [string[], number, string][] = [
  [[], 64, "Cannot choose a session: give a session, --latest, --active, --ps or --name"],
  [["mother", "--latest"], 64, 'the session "mother" together with --latest'],
  [["a", "b"], 64, "b"],
  [["nobody"], 1, 'Cannot find session "nobody"'],
  [["mothre"], 1, 'Did you mean "mother"?'],
  [
    ["0000"],
    1,
    `Cannot choose a session for "0000": ${RUNNING}, ${FAILED}, ${PLAIN} start with it`,
  ],
  [["--name", "release"], 1, 'Cannot find a session named "release" in this project'],
];

for (const [args, expected, message] of refused) {
  Deno.test(`session show refuses ${args.join(" ") || "nothing"}`, async () => {
    await using given = await recorded();
    const { code, out, err } = await given.zag(["session", "show", ...args]);
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
  });
}
