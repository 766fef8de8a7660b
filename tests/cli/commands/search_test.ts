import { join } from "node:path";
import { searchCommand } from "../../../src/cli/commands/search.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import type { NewSession } from "../../../src/sessions/records.ts";
import { SessionStore } from "../../../src/sessions/store.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { entry, said } from "../../search/support.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { waitFor } from "../../support/living.ts";
import { TestHome } from "../../support/zag.ts";

interface Place {
  home: TestHome;
  /** Adds a session with a log. */
  add(id: string, lines: string, more?: Partial<NewSession>): Promise<string>;
  /** Runs `zag search`; a first argument that is an object says how. */
  search(
    ...args: (string | FakeContextOptions)[]
  ): Promise<{ code: number; out: string; err: string }>;
}

async function withSessions(test: (place: Place) => Promise<void>): Promise<void> {
  await using home = await TestHome.create();
  const state = join(home.path, ".zag");
  let minute = 0;
  const place: Place = {
    home,
    async add(id, lines, more = {}) {
      const logPath = join(state, "logs", "sessions", `${id}.jsonl`);
      await Deno.mkdir(join(logPath, ".."), { recursive: true });
      using store = SessionStore.open(join(state, "zag.db"));
      store.addSession({
        sessionId: id,
        provider: "mock",
        command: "exec",
        workspacePath: home.work,
        createdAt: new Date(Date.UTC(2026, 0, 1, 12, minute++)).toISOString(),
        logPath,
        ...more,
      });
      const named = lines.replaceAll('"wrapper_session_id":"s"', `"wrapper_session_id":"${id}"`);
      await Deno.writeTextFile(logPath, named);
      return logPath;
    },
    async search(...args) {
      const options = args.filter((arg) => typeof arg !== "string")[0] ?? {};
      const words = args.filter((arg) => typeof arg === "string");
      const ctx = fakeContext({ env: home.env(), cwd: home.work, ...options });
      const code = await createApp([searchCommand]).run(["search", ...words], ctx);
      return { code, out: ctx.out, err: ctx.err };
    },
  };
  await test(place);
}

const line = (seq: number, fields: Record<string, unknown>) =>
  JSON.stringify(entry(seq, fields)) + "\n";

/** `id seq` of what `--json` printed. */
function hits(out: string): string[] {
  return out.split("\n").slice(0, -1).map((text) => {
    const { session_id, event } = JSON.parse(text);
    return `${session_id} ${event.seq}`;
  });
}

Deno.test("search: finds what a session said, oldest session first", async () => {
  await withSessions(async ({ add, search }) => {
    await add("bbbb", said(1, "the first NEEDLE") + said(2, "hay") + said(3, "needles"));
    await add("aaaa", said(1, "a needle"));
    const { code, out, err } = await search("-j", "needle");
    assertEquals(code, 0);
    assertEquals(hits(out), ["bbbb 1", "bbbb 3", "aaaa 1"]);
    assertStringIncludes(err, "3 matches in 2 sessions. Searched 2 sessions, ");
    assertEquals(hits((await search("-j", "--case-sensitive", "needle")).out), [
      "bbbb 3",
      "aaaa 1",
    ]);
    assertEquals(hits((await search("-j", "--regex", "needles?$")).out), [
      "bbbb 1",
      "bbbb 3",
      "aaaa 1",
    ]);
    assertEquals(hits((await search("-jn", "2", "needle")).out), ["bbbb 1", "bbbb 3"]);
    assertEquals((await search("-c", "needle")).out, "3\n");
    assertEquals((await search("-c", "-n", "2", "needle")).out, "2\n");
    assertEquals(await search("-q", "nothing of this kind"), { code: 0, out: "", err: "" });
    assertStringIncludes((await search("no such thing")).err, "No matches found. Searched 2");
  });
});

Deno.test("search: a JSON line says which session it is, and holds the event whole", async () => {
  await withSessions(async ({ home, add, search }) => {
    const text = "x".repeat(300) + " needle\n\x1b[31m";
    await add("s-1", said(7, text), { endedAt: "2026-01-02T00:00:00.000Z" });
    const { out } = await search("--json", "needle");
    assertEquals(JSON.parse(out), {
      session_id: "s-1",
      provider: "mock",
      started_at: "2026-01-01T12:00:00.000Z",
      ended_at: "2026-01-02T00:00:00.000Z",
      workspace_path: home.work,
      command: "exec",
      event: {
        ...entry(7, { type: "assistant_message", content: text, message_id: null }),
        wrapper_session_id: "s-1",
      },
      snippet: "[...]" + "x".repeat(187) + " needle\n\x1b[31m",
    });
  });
});

Deno.test("search: filters by role, tool, kind, time, session, tag and provider", async () => {
  await withSessions(async ({ add, search }) => {
    const lines = [
      { type: "user_message", role: "user", content: "x" },
      { type: "assistant_message", content: "x", message_id: null },
      { type: "tool_call", tool_name: "Bash", tool_id: "t", input: { command: "x" } },
      { type: "tool_result", tool_name: "Read", tool_kind: "file_read", output: "x", error: null },
      { type: "usage", input_tokens: 1, output_tokens: 1 },
    ].map((fields, at) => line(at + 1, fields)).join("");
    await add("first-1", lines, { tags: ["Nightly"], providerSessionId: "native-1" });
    await add("second-1", lines, { provider: "claude" });
    const rows: [string[], string[]][] = [
      [["--role", "user", "x"], ["first-1 1", "second-1 1"]],
      [["--role", "assistant", "--tag", "nightly"], ["first-1 2"]],
      [["--tool", "bas", "x", "-p", "MOCK"], ["first-1 3"]],
      [["--tool-kind", "file-read", "-p", "Claude"], ["second-1 4"]],
      [["--tool-kind", "shell", "--session", "fir"], ["first-1 3"]],
      [["--session", "native", "--role", "user"], ["first-1 1"]],
      [["--session", "first", "x"], ["first-1 1", "first-1 2", "first-1 3", "first-1 4"]],
      [["--session", "none", "x"], []],
      [
        ["--from", "2026-01-01T00:00:02Z", "--to", "2026-01-01T00:00:03Z", "--session", "f"],
        ["first-1 2", "first-1 3"],
      ],
      [["--from", "2026-01-03", "x"], []],
      [["--to", "2025-12-30", "x"], []],
    ];
    for (const [args, expected] of rows) {
      assertEquals(hits((await search("-j", ...args)).out), expected, args.join(" "));
    }
  });
});

Deno.test("search: a day is one of the reader's clock, and --to counts it to its end", async () => {
  await withSessions(async ({ add, search }) => {
    const at = [
      new Date(2026, 0, 14, 23, 59, 59, 999),
      new Date(2026, 0, 15),
      new Date(2026, 0, 15, 23, 59, 59, 999),
      new Date(2026, 0, 16),
    ];
    const lines = at.map((ts, index) =>
      line(index + 1, { type: "stderr", message: "x", ts: ts.toISOString() })
    );
    await add("s", lines.join(""));
    const found = async (...args: string[]) => hits((await search("-j", "x", ...args)).out);
    assertEquals(await found("--from", "2026-01-15", "--to", "2026-01-15"), ["s 2", "s 3"]);
    assertEquals(await found("--to", "2026-01-14"), ["s 1"]);
    assertEquals(await found("--from", "2026-01-16"), ["s 4"]);
  });
});

Deno.test("search: a day is that of the clock of whoever asks", async () => {
  await withSessions(async ({ home, add }) => {
    const at = ["04:59:59", "05:00:00"].map((time, index) =>
      line(index + 1, { type: "stderr", message: "x", ts: `2026-01-15T${time}.000Z` })
    );
    await add("s", at.join(""));
    const found = async (zone: string) => {
      const args = ["search", "-j", "-q", "x", "--from", "2026-01-15", "--to", "2026-01-15"];
      const { stdout } = await home.zag(args, { env: { TZ: zone } });
      return hits(stdout);
    };
    assertEquals(await found("America/New_York"), ["s 2"]);
    assertEquals(await found("UTC"), ["s 1", "s 2"]);
  });
});

Deno.test("search: shows nothing raw of what agents said at a terminal", async () => {
  await withSessions(async ({ add, search }) => {
    const text = "a\x1b[2Jb \x9b1m\u202eneedle\x1b]0;t\x07\u2066 \rend\x7f";
    const fields = {
      type: "tool_result",
      tool_name: "\x1b[1mBa\u202dsh",
      output: text,
      error: null,
    };
    await add("s-1", line(1, fields), { workspacePath: "/w\x1b[3J\u2069", command: "e\x9b" });
    const terminal = { stdoutTty: true, columns: 80, cwd: "/" };
    // deno-lint-ignore no-control-regex
    const raw = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
    // deno-lint-ignore no-control-regex
    const colors = /\x1b\[[\d;]*m/g;
    const { out } = await search(terminal, "--global", "needle");
    assertStringIncludes(out, "needle");
    assertEquals(raw.test(out.replace(colors, "")), false, JSON.stringify(out));
    const json = (await search(terminal, "--global", "-j", "needle")).out;
    assertEquals(raw.test(json), false, json);
    assertEquals(JSON.parse(json).event.output, text);
    const pipe = (await search({ cwd: "/" }, "--global", "-j", "needle")).out;
    assertEquals(JSON.parse(pipe), JSON.parse(json));
  });
});

Deno.test("search: refuses what cannot be searched for, before it looks anywhere", async () => {
  await withSessions(async ({ home, search }) => {
    const rows: [string[], string][] = [
      [[], "Cannot search for nothing: give a query or a filter"],
      [[""], "Cannot search for nothing"],
      [["--regex", "z("], 'Cannot use "z(" as a regular expression: Unterminated group'],
      [["--regex", "--role", "user"], "Cannot use --regex without a query"],
      [["--from", "soon", "x"], 'Cannot read the date "soon"'],
      [["--to", "2026-02-30", "x"], "there is no such time"],
      [["--from", "1d", "--to", "2d", "x"], "the end is before the beginning"],
      [["--role", "user", "--tool", "x"], "--role together with --tool"],
      [["--role", "system", "x"], "system"],
      [["--limit", "0", "x"], "above 0"],
      [["-p", "nope", "x"], 'Unknown provider "nope"'],
    ];
    for (const [args, message] of rows) {
      const { code, out, err } = await search(...args);
      assertEquals([code, out], [64, ""], args.join(" "));
      assertStringIncludes(err, message);
    }
    assertEquals([...Deno.readDirSync(home.path)].some(({ name }) => name === ".zag"), false);
  });
});

Deno.test("search: looks at the project, at a place and below, or everywhere", async () => {
  await withSessions(async ({ home, add, search }) => {
    const repo = join(home.work, "repo");
    await Deno.mkdir(join(repo, ".git"), { recursive: true });
    await Deno.writeTextFile(join(repo, ".git", "HEAD"), "ref: refs/heads/main\n");
    await Deno.mkdir(join(repo, "sub"));
    const { projectKey } = await import("../../../src/config/project.ts");
    const project = await projectKey(repo);
    const needle = said(1, "needle");
    await add("in-repo", needle, { workspacePath: repo, project });
    await add("worktree", needle, { workspacePath: "/elsewhere/tree", project });
    await add("in-work", needle);
    await add("beside", needle, { workspacePath: home.work + "-2" });
    const all = async (cwd: string, ...args: string[]) =>
      hits((await search({ cwd }, "-j", "needle", ...args)).out);
    assertEquals(await all(repo), ["in-repo 1", "worktree 1"]);
    assertEquals(await all(join(repo, "sub")), ["in-repo 1", "worktree 1"]);
    assertEquals(await all(home.work), ["in-repo 1", "in-work 1"]);
    assertEquals(await all("/", "-r", home.work), ["in-repo 1", "in-work 1"]);
    assertEquals(await all(home.work, "-r", "repo"), ["in-repo 1", "worktree 1"]);
    assertEquals((await all(repo, "--global")).length, 4);
  });
});

Deno.test("search: counts logs that are missing, and goes on", async () => {
  await withSessions(async ({ add, search }) => {
    await Deno.remove(await add("gone", ""));
    await add("never", "", { logPath: null, startedAt: "2026-01-01T00:00:00Z" });
    await add("not-begun", "", { logPath: null, startedAt: null });
    await add("there", said(1, "needle"));
    const { code, out, err } = await search("-j", "needle");
    assertEquals([code, hits(out)], [0, ["there 1"]]);
    assertMatch(err, /; 1 log is missing or cannot be read; 1 session keeps no log\n$/);
  });
});

Deno.test("search: --index brings everything into the index, and answers stay the same", async () => {
  await withSessions(async ({ home, add, search }) => {
    const log = await add("s-1", said(1, "needle") + said(2, "hay"));
    assertEquals(
      (await search("--index")).err,
      `Indexed ${Deno.statSync(log).size} B of new logs\n`,
    );
    assert(Deno.statSync(join(home.path, ".zag", "search.db")).isFile);
    assertEquals((await search("--index")).err, "Indexed 0 B of new logs\n");
    await Deno.writeTextFile(log, said(3, "another needle"), { append: true });
    const { out, err } = await search("-j", "--index", "needle");
    assertEquals(hits(out), ["s-1 1", "s-1 3"]);
    assertStringIncludes(err, "of new logs");
    assertEquals(
      (await search("-c", "absent")).err,
      `No matches found. Searched 1 session, ${Deno.statSync(log).size} B (0 B read)\n`,
    );
  });
});

Deno.test("search: indexes what was worth it after it has answered", async () => {
  await withSessions(async ({ add, search }) => {
    const words = Array.from({ length: 9000 }, (_, at) => said(at, `needle ${at * 7919} hay`));
    await add("s-1", words.join(""));
    assertStringIncludes((await search("-c", "needle 7919 ")).err, "MB read)");
    // A search gives its index no more than two seconds, and the next one goes on with it.
    await waitFor(
      "the index",
      async () => (await search("-c", "needle 7919 ")).err.includes("kB read)") || undefined,
    );
  });
});

for (const columns of [60, 100, 200, undefined]) {
  const where = columns === undefined ? "a pipe" : `a terminal of ${columns} columns`;
  Deno.test(`search: what ${where} shows`, async (t) => {
    await withSessions(async ({ add, search }) => {
      const lines = [
        line(1, { type: "user_message", role: "user", content: "find the Needle, please" }),
        line(2, {
          type: "tool_call",
          tool_name: "Bash",
          tool_id: "t",
          input: { command: "grep needle \x1b[2J*.txt", description: "look" },
        }),
        line(3, {
          type: "tool_result",
          tool_name: "Bash",
          success: true,
          output: "日本語の行 ".repeat(30) + "needle\n\tin  a\r\nhay stack " + "👩‍👧 end ".repeat(40),
          error: null,
        }),
        line(4, { type: "reasoning", content: "n".repeat(400) + "needle".repeat(60) }),
      ].join("");
      await add("11111111-aaaa", lines, { workspacePath: "/home/me/" + "project/".repeat(9) });
      await add("22222222-bbbb", said(1, "needle"), {
        provider: "codex",
        command: "run",
        workspacePath: "/work",
      });
      const { out } = await search(
        columns === undefined ? {} : { stdoutTty: true, columns },
        "--global",
        "needle",
      );
      await t.assertSnapshot(
        out.replace(/2026-01-01 \d\d:\d\d/g, "2026-01-01 HH:MM"),
      );
    });
  });
}

Deno.test("search: finds what exec has recorded", async () => {
  await using home = await TestHome.create();
  const run = await home.zag(["-p", "mock", "exec", 'say "Zebra" twice']);
  assertEquals(run.code, 0, run.stderr);
  const { code, stdout } = await home.zag(["search", "-j", 'SAY "zebra"', "--role", "user"]);
  assertEquals(code, 0);
  const { event, command } = JSON.parse(stdout);
  assertEquals([event.type, event.content, command], ["user_message", 'say "Zebra" twice', "exec"]);
  const answers = await home.zag(["search", "-c", "-q", "zebra", "--role", "assistant"]);
  const all = await home.zag(["search", "-c", "-q", "zebra"]);
  assertEquals([answers.stdout, all.stdout], ["1\n", "2\n"], "the prompt, and the answer once");
  const colored = await home.zag(["search", "zebra"]);
  assertEquals(colored.stdout.includes("\x1b"), false);
});
