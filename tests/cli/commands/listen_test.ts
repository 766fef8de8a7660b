import { listenCommand } from "../../../src/cli/commands/listen.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import type { LogKind } from "../../../src/events/log_event.ts";
import { SessionStore } from "../../../src/sessions/store.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { append, ended, said, started } from "../../sessions/follow/support.ts";
import { session } from "../../sessions/support.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { Pty } from "../../support/pty.ts";
import { record } from "../../support/recorded.ts";
import { TestHome, ZAG } from "../../support/zag.ts";

const SCRIPT = JSON.stringify({
  turns: [{
    steps: [
      { do: "think", text: "hm" },
      { do: "tool", name: "Bash", input: { command: "ls" }, output: "a\nb\nc\nd" },
      { do: "say", text: "A **bold** word\x1b[2J and \x07 more." },
    ],
  }],
});

/** Says something, waits until there is a file `go`, and says something more. */
const WAITING = JSON.stringify({
  turns: [{
    steps: [
      { do: "say", text: "first" },
      { do: "run", command: ["sh", "-c", "until [ -e go ]; do sleep 0.02; done"] },
      { do: "say", text: "second" },
    ],
  }, { steps: [{ do: "say", text: "third" }] }],
});

/** A home with one finished session named `it`. */
async function withSession(): Promise<TestHome> {
  const home = await TestHome.create();
  const { code, stderr } = await home.zag(["exec", "-p", "mock", "--name", "it", "go on"], {
    env: { ZAG_MOCK_SCRIPT: SCRIPT },
  });
  assertEquals(code, 0, stderr);
  return home;
}

async function listen(home: TestHome, args: string[], options: FakeContextOptions = {}) {
  const env = { ...home.env(), ...options.env };
  const ctx = fakeContext({ cwd: home.work, ...options, env });
  const code = await createApp([listenCommand]).run(["listen", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

/** What a process prints, as it comes. */
class Output {
  #text = "";
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Waits until the text is there; fails when the output ends without it. */
  async waitFor(text: string): Promise<void> {
    while (!this.#text.includes(text)) {
      const { done, value } = await this.#reader.read();
      assert(!done, `the output ended without ${JSON.stringify(text)}:\n${this.#text}`);
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  async rest(): Promise<string> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return this.#text;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }
}

/** A running `zag listen` or `zag exec`; killed at the end of the test if it still runs. */
function start(home: TestHome, args: string[], env: Record<string, string> = {}) {
  const child = home.spawn(args, { env });
  return {
    child,
    out: new Output(child.stdout),
    err: new Output(child.stderr),
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await this.out.rest().catch(() => "");
      await this.err.rest().catch(() => "");
      await child.status;
    },
  };
}

Deno.test("listen: prints the log of a session that has ended", async () => {
  await using home = await withSession();
  const { code, out, err } = await listen(home, ["it"]);
  assertEquals([code, err], [0, ""]);
  assertEquals(
    // What a turn has used is another test's matter.
    out.replace(/^ {2}tokens: .*\n/m, ""),
    `
● Started: exec (model: mock-medium)
  > name: it

❯ go on
  > Initialized mock-medium

  ⚡ Bash: ls
  ✓ a
    b
    c
    d

⏺ A **bold** word and  more.
  > Turn 1 complete

● Session completed
`,
  );
});

Deno.test("listen: every way to point at a session prints the same", async () => {
  await using home = await withSession();
  const { out } = await listen(home, ["it"]);
  const [run] = home.rows("processes");
  const id = String(run!.session_id);
  const ways = [[id], [id.slice(0, 6)], ["--latest"], ["--active"], ["--name", "it"]];
  for (const way of [...ways, ["--ps", String(run!.owner_pid)], ["--ps", String(run!.id)]]) {
    assertEquals(await listen(home, way), { code: 0, out, err: "" }, way.join(" "));
  }
});

Deno.test("listen: JSON is the log as it is", async () => {
  await using home = await withSession();
  const [path] = await home.logPaths();
  append(path!, "nonsense\n");
  const log = await Deno.readTextFile(path!);
  assertEquals(await listen(home, ["it", "--json"]), { code: 0, out: log, err: "" });
  const { out } = await listen(home, ["it", "--json", "--filter", "tool_call"]);
  assertEquals(out.split("\n").filter((line) => line.includes('"type":"tool_call"')).length, 1);
  assertEquals(out.split("\n").slice(1), ["nonsense", ""]);
});

Deno.test("listen: a line that cannot be read goes to stderr", async () => {
  await using home = await withSession();
  const [path] = await home.logPaths();
  append(path!, `non\x1b[1msense ${"x".repeat(200)}\n`);
  const { code, err } = await listen(home, ["it"]);
  assertEquals(code, 0);
  assertMatch(err, /^\[parse error\] .+: nonsense x{71}\.\.\.\n$/);
  assertEquals((await listen(home, ["-q", "it"])).err, "");
});

Deno.test("listen: filters, thoughts, a tail, few lines of a tool, times", async () => {
  await using home = await withSession();
  const shown = async (...args: string[]) => (await listen(home, ["it", ...args])).out;
  assertEquals(await shown("--filter", "Tool-Call"), "\n  ⚡ Bash: ls\n");
  assertEquals(
    await shown("--filter", "tool_call", "--filter", "permission", "--filter", "session_ended"),
    "\n  ⚡ Bash: ls\n\n● Session completed\n",
  );
  assertEquals(await shown("--filter", "reasoning"), "");
  assertEquals(await shown("--filter", "reasoning", "--show-thinking"), "\n  … hm\n\n");
  assertEquals(await shown("--tail", "1"), "\n● Session completed\n");
  assertEquals(await shown("--tail", "1", "--filter", "tool_call"), "\n  ⚡ Bash: ls\n");
  assertEquals(await shown("--tail", "0"), "");
  assertEquals(
    await shown("--filter", "tool_result", "--max-lines", "2"),
    "  ✓ a\n    b\n    … 2 more lines\n",
  );
  assertStringIncludes(await shown("--max-lines", "0"), "    d\n");
  assertMatch(
    await shown("--filter", "session_ended", "--timestamps"),
    /^\n\[\d\d:\d\d:\d\d\] ● Session completed\n$/,
  );
});

Deno.test("listen --tail does not show an answer again whose message stands before the tail", async () => {
  await using home = await TestHome.create();
  const data = { success: true, duration_ms: 1, num_turns: 1 };
  const turn = (text: string): LogKind[] => [
    { type: "assistant_message", content: text, message_id: null },
    { type: "provider_status", message: text, data },
  ];
  const failed: LogKind = {
    type: "provider_status",
    message: "no more",
    data: { ...data, success: false },
  };
  const end: LogKind = { type: "session_ended", success: true, error: null };
  record(home, "s-1", { kinds: [...turn("one\ntwo"), failed, end] });
  record(home, "s-2", { kinds: [turn("said nowhere else")[1]!, end] });
  const shown = async (...args: string[]) => (await listen(home, args)).out;
  const tail = "  > no more\n\n● Session completed\n";
  assertEquals(await shown("s-1", "--tail", "3"), tail);
  assertEquals(await shown("s-1", "--tail", "4"), `\n⏺ one\n  two\n${tail}`);
  assertEquals(await shown("s-1"), `\n⏺ one\n  two\n${tail}`);
  assertEquals(
    await shown("s-1", "--tail", "2", "--filter", "provider_status"),
    "  > one\\ntwo\n  > no more\n",
  );
  assertEquals(await shown("s-2"), "  > said nowhere else\n\n● Session completed\n");
});

Deno.test("listen: rich text has colour in a pipe, but not against the person's will", async () => {
  await using home = await withSession();
  const colored = (text: string) => text.includes("\x1b[1mbold\x1b[0m");
  const rich = async (args: string[], options?: FakeContextOptions) =>
    (await listen(home, ["it", ...args], options)).out;
  assert(colored(await rich(["--rich-text"])));
  assertEquals(await rich(["--colors"]), await rich(["--rich-text"]));
  assert(colored(await rich(["--rich-text"], { env: { NO_COLOR: "" } })));
  for (
    const [args, env] of [[["--rich-text"], { NO_COLOR: "1" }], [["-q", "--colors"], {}]] as const
  ) {
    const out = await rich([...args], { env });
    assert(!out.includes("\x1b"), out);
    assertStringIncludes(out, "⏺ A bold word and more.");
  }
});

Deno.test("listen: the flags decide about the format, then the configuration", async () => {
  await using home = await withSession();
  const marks = { json: '"type":"', "rich-text": "A bold word", text: "A **bold** word" };
  const formatOf = async (args: string[], options?: FakeContextOptions) => {
    const { out, err } = await listen(home, ["it", ...args], options);
    const format = Object.entries(marks).find(([, mark]) =>
      // deno-lint-ignore no-control-regex
      out.replace(/\x1b\[\d+m/g, "").includes(mark)
    )?.[0];
    return `${format}${out.includes("\x1b") ? " in colour" : ""}${err}`;
  };
  assertEquals(await formatOf([]), "text");
  assertEquals(await formatOf(["--text", "--colors"]), "rich-text in colour");
  assertEquals(await formatOf(["--text", "--rich-text", "--json"]), "json");
  assertEquals(await formatOf([], { stdoutTty: true }), "text");
  const config = `${home.path}/.zag/zag.jsonc`;
  await Deno.writeTextFile(config, '{"listen": {"format": "rich-text"}}');
  assertEquals(await formatOf([]), "rich-text");
  assertEquals(await formatOf([], { stdoutTty: true }), "rich-text in colour");
  assertEquals(await formatOf(["--text"]), "text");
  await Deno.writeTextFile(config, '{"listen": {"format": "json", "timestamp_format": "<%Y>"}}');
  assertEquals(await formatOf([]), "json");
  const { out } = await listen(home, ["it", "--text", "--timestamps", "--tail", "1"]);
  assertMatch(out, /^\n\[<\d{4}>\] ● Session completed\n$/);
  await Deno.writeTextFile(config, '{"listen": {"format": "xml"}}');
  const wrong = await listen(home, ["it"]);
  assertEquals([wrong.code, wrong.out], [1, ""]);
  assertStringIncludes(wrong.err, "listen.format: it must be one of text, json, rich-text");
  assertEquals(await formatOf(["--json"]), "json");
});

const refused: [string[], string, number][] = [
  [[], "give a session, --latest, --active, --ps or --name", 64],
  [["it", "--latest"], "together with --latest", 64],
  [["it", "--filter", "tool_cal"], 'Did you mean "tool_call"?', 64],
  [["it", "--filter", "tool"], "session_started, session_meta", 64],
  [["it", "--tail", "-1"], "it must be a whole number", 64],
  [["it", "--max-lines", "x"], "it must be a whole number", 64],
  [["nothing"], 'Cannot find session "nothing"', 1],
  [["11111111-2222-4333-8444-55555555555"], "Cannot find session", 1],
  [["--name", "11111111-2222-4333-8444-555555555555"], "Cannot find a session named", 1],
];

for (const [args, message, expected] of refused) {
  Deno.test(`listen: refuses "${args.join(" ")}"`, async () => {
    await using home = await TestHome.create();
    const { code, out, err } = await listen(home, args);
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
  });
}

Deno.test("listen: --latest stays in the project, and says how to look in all", async () => {
  await using home = await withSession();
  const other = `${home.path}/other`;
  await Deno.mkdir(`${other}/.git`, { recursive: true });
  await Deno.writeTextFile(`${other}/.git/HEAD`, "ref: refs/heads/main\n");
  const options = { cwd: other };
  for (const way of ["--latest", "--active"]) {
    const { code, out, err } = await listen(home, ["-q", way], options);
    assertEquals([code, out], [1, ""]);
    assertEquals(
      err,
      "error: Cannot find a session: there is none in this project yet\n" +
        "Look in all projects with --global\n",
    );
  }
  assertEquals(await listen(home, ["--latest", "--global", "--tail", "1"], options), {
    code: 0,
    out: "\n● Session completed\n",
    err: "",
  });
});

Deno.test("listen: JSON at a terminal holds no control characters, and means the same", async () => {
  await using home = await TestHome.create();
  const text = "c1 \x9b2J esc \x1b[2J bidi \u202e é";
  const script = { turns: [{ steps: [{ do: "say", text }] }] };
  await home.zag(["exec", "-p", "mock", "hi"], {
    env: { ZAG_MOCK_SCRIPT: JSON.stringify(script) },
  });
  const [path] = await home.logPaths();
  append(path!, "non\x1bsense\n");
  const args = ["--latest", "--json", "--filter", "assistant_message"];
  const { out } = await listen(home, args, { stdoutTty: true });
  const [line, bad] = out.split("\n");
  assertEquals(JSON.parse(line!).content, text);
  assertStringIncludes(line!, "\\u009b2J esc \\u001b[2J bidi \\u202e é");
  assertEquals(bad, "non\\u001bsense");
  const log = await Deno.readTextFile(path!);
  assertEquals((await listen(home, ["--latest", "--json"])).out, log);
});

Deno.test("listen: waits for a complete id that nobody knows yet", async () => {
  await using home = await TestHome.create();
  const id = "11111111-2222-4333-8444-AAAAAAAAAAAA";
  await using listener = start(home, ["listen", id]);
  await listener.err.waitFor(`> Waiting for session ${id} to begin; Ctrl-C ends\n`);
  const { code, stderr } = await home.zag(["exec", "-p", "mock", "--session", id, "hi"], {
    env: { ZAG_MOCK_SCRIPT: SCRIPT },
  });
  assertEquals(code, 0, stderr);
  const out = await listener.out.rest();
  assertStringIncludes(out, "❯ hi\n");
  assertStringIncludes(out, "● Session completed\n");
  assertEquals((await listener.child.status).code, 0);
  assertEquals(
    await listener.err.rest(),
    `> Waiting for session ${id} to begin; Ctrl-C ends\n`,
  );
});

Deno.test("listen: Ctrl-C ends the wait for an id that nobody knows", async () => {
  await using home = await TestHome.create();
  await using listener = start(home, ["listen", "11111111-2222-4333-8444-555555555555"]);
  await listener.err.waitFor("; Ctrl-C ends\n");
  listener.child.kill("SIGINT");
  assertEquals((await listener.child.status).code, 130);
  assertEquals(await listener.out.rest(), "");
});

Deno.test("listen: shows a long answer whole, though the log has its beginning only", async () => {
  await using home = await TestHome.create();
  const script = { turns: [{ steps: [{ do: "big", bytes: 400_000 }] }] };
  await home.zag(["exec", "-p", "mock", "hi"], {
    env: { ZAG_MOCK_SCRIPT: JSON.stringify(script) },
  });
  const { out } = await listen(home, ["--latest", "--filter", "assistant_message"]);
  assertEquals(out.trim().length, 400_000 + "⏺ ".length);
});

Deno.test("listen: shows a session while it runs, and ends with it", async () => {
  await using home = await TestHome.create();
  const env = { ZAG_MOCK_SCRIPT: WAITING };
  await using agent = start(home, ["exec", "-p", "mock", "--name", "live", "hi"], env);
  await agent.out.waitFor("first");
  await using listener = start(home, ["listen", "live"]);
  await listener.out.waitFor("⏺ first");
  await Deno.writeTextFile(`${home.work}/go`, "");
  await listener.out.waitFor("⏺ second");
  assertStringIncludes(await listener.out.rest(), "● Session completed\n");
  assertEquals((await listener.child.status).code, 0);
  assertEquals(await listener.err.rest(), "");
});

Deno.test("listen: shows all runs of a session that was gone on with, and waits for the newest", async () => {
  await using home = await TestHome.create();
  const env = { ZAG_MOCK_SCRIPT: WAITING };
  const turns = JSON.parse(WAITING).turns.reverse();
  const first = { ZAG_MOCK_SCRIPT: JSON.stringify({ turns: turns.slice(0, 1) }) };
  await home.zag(["exec", "-p", "mock", "--name", "twice", "one"], { env: first });
  await using agent = start(home, ["exec", "--resume", "twice", "two"], {
    ZAG_MOCK_SCRIPT: JSON.stringify({
      turns: [...turns.slice(0, 1), JSON.parse(WAITING).turns[0]],
    }),
  });
  await agent.out.waitFor("first");
  await using listener = start(home, ["listen", "twice"], env);
  await listener.out.waitFor("⏺ third");
  await listener.out.waitFor("● Session completed");
  await listener.out.waitFor("⏺ first");
  await Deno.writeTextFile(`${home.work}/go`, "");
  const out = await listener.out.rest();
  assertEquals(out.match(/● Session completed/g)?.length, 2);
  assertEquals(out.match(/● Started/g)?.length, 2);
  assertEquals((await listener.child.status).code, 0);
});

Deno.test("listen: waits for a session that is recorded and has not begun", async () => {
  await using home = await TestHome.create();
  await Deno.mkdir(`${home.path}/.zag`);
  const id = "11111111-2222-4333-8444-555555555555";
  {
    using store = SessionStore.open(`${home.path}/.zag/zag.db`);
    store.addSession(session(id, { name: "later" }));
  }
  await using listener = start(home, ["listen", "later"]);
  await listener.err.waitFor(`> Waiting for session ${id} to begin; Ctrl-C ends\n`);
  const logs = `${home.path}/.zag/logs/sessions`;
  await Deno.mkdir(logs, { recursive: true });
  const path = `${logs}/${id}.jsonl`;
  append(path, started(1), said(2).slice(0, 50));
  await listener.out.waitFor("● Started");
  append(path, said(2).slice(50));
  await listener.out.waitFor("⏺ m2");
  await Deno.truncate(path, 0);
  append(path, started(1), said(2), said(3));
  await listener.out.waitFor("⏺ m3");
  await Deno.writeTextFile(`${path}.new`, started(1) + said(2) + said(3) + said(4));
  await Deno.rename(`${path}.new`, path);
  await listener.out.waitFor("⏺ m4");
  append(path, ended(5));
  assertEquals(
    await listener.out.rest(),
    "\n● Started: exec\n\n⏺ m2\n\n⏺ m3\n\n⏺ m4\n\n● Session completed\n",
  );
  assertEquals((await listener.child.status).code, 0);
});

Deno.test("listen: says that zag was killed, while it listens and afterwards", async () => {
  await using home = await TestHome.create();
  await using agent = start(home, ["exec", "-p", "mock", "--name", "cut", "hi"], {
    ZAG_MOCK_SCRIPT: WAITING,
  });
  await agent.out.waitFor("first");
  await using listener = start(home, ["listen", "cut"]);
  await listener.out.waitFor("⏺ first");
  agent.child.kill("SIGKILL");
  const out = await listener.out.rest();
  assertEquals((await listener.child.status).code, 1);
  assertStringIncludes(out, "● Session failed: zag was killed while the session ran\n");
  assertMatch(
    await listener.err.rest(),
    /^error: Cannot follow session "[\w-]+" to its end: zag was killed while the session ran\n$/,
  );
  const again = await listen(home, ["cut"]);
  assertEquals([again.code, again.out], [1, out]);
});

Deno.test("listen: ends quietly with Ctrl-C, and when nobody reads it any more", async () => {
  await using home = await TestHome.create();
  await using agent = start(home, ["exec", "-p", "mock", "--name", "on", "hi"], {
    ZAG_MOCK_SCRIPT: WAITING,
  });
  await agent.out.waitFor("first");
  await using stopped = start(home, ["listen", "on"]);
  await stopped.out.waitFor("⏺ first");
  stopped.child.kill("SIGINT");
  assertEquals((await stopped.child.status).code, 130);
  assertEquals(await stopped.err.rest(), "");
  await using unread = start(home, ["listen", "on"]);
  await unread.out.waitFor("⏺ first");
  await unread.out.close();
  await Deno.writeTextFile(`${home.work}/go`, "");
  assertEquals((await unread.child.status).code, 141);
  assertEquals(await unread.err.rest(), "");
});

Deno.test("listen: fits rich text to the terminal", async () => {
  await using home = await TestHome.create();
  const text = "one two three four five six seven eight nine ten eleven twelve **thirteen**";
  const script = { turns: [{ steps: [{ do: "say", text }] }] };
  await home.zag(["exec", "-p", "mock", "hi"], {
    env: { ZAG_MOCK_SCRIPT: JSON.stringify(script) },
  });
  const args = [...ZAG.args, "listen", "--latest", "--rich-text"];
  await using pty = new Pty(ZAG.program, [...args, "--filter", "assistant_message"], {
    cwd: home.work,
    env: home.env(),
    columns: 40,
  });
  assertEquals((await pty.waitForExit()).code, 0);
  assertEquals(pty.text.trimEnd().split("\n"), [
    "",
    "⏺ one two three four five six seven",
    "  eight nine ten eleven twelve thirteen",
  ]);
  assertStringIncludes(pty.raw, "\x1b[1mthirteen\x1b[0m");
});

Deno.test("listen: looks at the project that -r names", async () => {
  await using home = await withSession();
  const root = `${home.path}/repository`;
  await Deno.mkdir(`${root}/.git`, { recursive: true });
  await Deno.writeTextFile(`${root}/.git/HEAD`, "ref: refs/heads/main\n");
  await home.zag(["exec", "-p", "mock", "inside"], { cwd: root });
  const { out } = await listen(home, ["--latest", "-r", root, "--filter", "user_message"]);
  assertEquals(out, "\n❯ inside\n");
});
