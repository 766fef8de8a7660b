/** `zag run` in a real terminal, under a shell with job control, as a person uses it. */
import { TestHome, ZAG } from "../support/zag.ts";
import { fromFileUrl } from "../support/paths.ts";
import { Pty } from "../support/pty.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";

const SCREEN = fromFileUrl(new URL("../fixtures/programs/screen.ts", import.meta.url));

interface Shell extends AsyncDisposable {
  pty: Pty;
  home: TestHome;
  /** Types a command line and waits until it has been echoed; returns the position behind it. */
  line(text: string): Promise<number>;
  /** Waits for the end of a command that ends in `; echo "rc=$?"`, and returns its exit code. */
  code(from: number): Promise<number>;
  /** The terminal's modes. */
  modes(): Promise<string>;
}

/** A shell in a terminal, in which `zag` is the program and `claude` the program of a test. */
async function shell(screen: "raw" | "cooked"): Promise<Shell> {
  const home = await TestHome.create();
  const quoted = [Deno.execPath(), "run", "-A"].map((word) => `'${word}'`).join(" ");
  await home.program("claude", `#!/bin/sh\nexec ${quoted} '${SCREEN}'\n`);
  await home.program("zag", `#!/bin/sh\nexec ${ZAG.shell} "$@"\n`);
  const env = home.env({ SCREEN: screen, TERM: "xterm-256color", HISTFILE: "/dev/null" });
  // Without line editing: bash changes the modes for it at every prompt, and what is typed just then
  // may be lost.
  const pty = new Pty("bash", ["--norc", "--noprofile", "--noediting", "-i"], {
    cwd: home.work,
    env: { ...env, PS1: "$ ", PS2: "" },
    columns: 100,
    rows: 30,
  });
  let at = await pty.waitFor("$ ");
  let number = 0;
  const shell: Shell = {
    pty,
    home,
    async line(text) {
      at = pty.text.length;
      pty.type(`${text}\r`);
      return at = await pty.waitFor("\n", at);
    },
    async code(from) {
      const end = await pty.waitFor(/rc=\d+\n/, from);
      at = end;
      return Number(/rc=(\d+)\n$/.exec(pty.text.slice(from, end))?.[1]);
    },
    async modes() {
      const mark = `modes${++number}`;
      const from = await shell.line(`echo "${mark}:$(stty -g)."`);
      // The command line itself may be echoed twice, when it is typed before the prompt is there.
      const told = new RegExp(`${mark}:([0-9a-f:]+)\\.\n`);
      at = await pty.waitFor(told, from);
      return told.exec(pty.text.slice(from, at))?.[1] ?? "";
    },
    async [Symbol.asyncDispose]() {
      await pty[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
  return shell;
}

const RUN = 'zag run -p claude hi; echo "rc=$?"';

Deno.test("run: the agent has the terminal, sees its size change, and ends with 0", async () => {
  await using sh = await shell("raw");
  const before = await sh.modes();
  const from = await sh.line(RUN);
  let at = await sh.pty.waitFor("screen 100x30", from);
  sh.pty.resize(72, 20);
  at = await sh.pty.waitFor("resized 72x20", at);
  sh.pty.type("h");
  at = await sh.pty.waitFor("hello", at);
  sh.pty.type("q");
  assertEquals(await sh.code(at), 0);
  assertStringIncludes(sh.pty.text, "Resume with: zag run --resume ");
  assertEquals(await sh.modes(), before);
});

Deno.test("run: Ctrl-C is the agent's, whether it takes keys or signals", async () => {
  for (const [screen, seen] of [["raw", "key ctrl-c"], ["cooked", "interrupted"]] as const) {
    await using sh = await shell(screen);
    let at = await sh.pty.waitFor("screen 100x30", await sh.line(RUN));
    for (let times = 0; times < 2; times++) {
      sh.pty.type("\x03");
      at = await sh.pty.waitFor(seen, at);
    }
    sh.pty.type(screen === "raw" ? "q" : "q\r");
    assertEquals(await sh.code(at), 0);
  }
});

Deno.test("run: Ctrl-Z stops agent and zag, and fg brings both back", async () => {
  for (const screen of ["raw", "cooked"] as const) {
    await using sh = await shell(screen);
    const before = await sh.modes();
    let at = await sh.pty.waitFor("screen 100x30", await sh.line("zag run -p claude hi"));
    for (let times = 0; times < 2; times++) {
      sh.pty.type("\x1a");
      at = await sh.pty.waitFor("Stopped", at);
      at = await sh.pty.waitFor("$ ", at);
      await allThreadsStopped(Number(sh.home.rows("processes")[0]?.agent_pid));
      if (times === 0) {
        assertEquals(await sh.modes(), before, `modes of a stopped ${screen} program`);
      }
      at = await sh.line("fg");
      at = await sh.pty.waitFor("continued", at);
    }
    sh.pty.type(screen === "raw" ? "h" : "h\r");
    at = await sh.pty.waitFor("hello", at);
    sh.pty.type(screen === "raw" ? "q" : "q\r");
    at = await sh.pty.waitFor("$ ", at);
    assertEquals(await sh.code(await sh.line('echo "rc=$?"')), 0);
  }
});

Deno.test("run: an agent that dies leaves a terminal that can be used", async () => {
  await using sh = await shell("raw");
  const before = await sh.modes();
  const at = await sh.pty.waitFor("screen 100x30", await sh.line(RUN));
  sh.pty.type("k");
  assertEquals(await sh.code(at), 2);
  assertEquals(await sh.modes(), before);
  const end = sh.pty.raw.slice(sh.pty.raw.lastIndexOf("screen 100x30"));
  assertStringIncludes(end, "\x1b[?1049l");
  assertStringIncludes(end, "\x1b[?25h");
});

Deno.test("run: an agent that fails gives 2", async () => {
  await using sh = await shell("raw");
  const at = await sh.pty.waitFor("screen 100x30", await sh.line(RUN));
  sh.pty.type("f");
  assertEquals(await sh.code(at), 2);
});

Deno.test("run: SIGTERM to zag ends the agent and gives the terminal back", async () => {
  await using sh = await shell("raw");
  const before = await sh.modes();
  const at = await sh.pty.waitFor("screen 100x30", await sh.line(RUN));
  const [run] = sh.home.rows("processes");
  assert(run);
  Deno.kill(Number(run.owner_pid), "SIGTERM");
  assertEquals(await sh.code(at), 143);
  assertEquals(await sh.modes(), before);
  assert(!await exists(`/proc/${run.agent_pid}`), "the agent is gone");
  const [log] = await sh.home.logs();
  assertEquals(log?.at(-1)?.outcome, "interrupted");
});

Deno.test("run: --timeout ends an interactive session with 124", async () => {
  await using sh = await shell("raw");
  const before = await sh.modes();
  const from = await sh.line('zag run -p claude --timeout 10s hi; echo "rc=$?"');
  assertEquals(await sh.code(await sh.pty.waitFor("screen 100x30", from)), 124);
  assertEquals(await sh.modes(), before);
});

Deno.test("run: a conversation is logged and can be gone on with", async () => {
  await using sh = await shell("cooked");
  let at = await sh.pty.waitFor("hello there\n", await sh.line('zag run -p mock "hello there"'));
  at = await sh.pty.waitFor("> ", at);
  sh.pty.type("second line\r");
  at = await sh.pty.waitFor("second line\n", await sh.pty.waitFor("second line", at));
  sh.pty.type("\x04");
  at = await sh.pty.waitFor("$ ", await sh.pty.waitFor("Resume with", at));
  at = await sh.pty.waitFor(/, session \S+\n> /, await sh.line("zag run --continue"));
  sh.pty.type("third line\r");
  at = await sh.pty.waitFor("third line\n", await sh.pty.waitFor("third line", at));
  sh.pty.type("\x04");
  await sh.pty.waitFor("$ ", await sh.pty.waitFor("Resume with", at));
  const logs = await sh.home.logs();
  assertEquals(logs.length, 1);
  const said = logs[0]?.filter(({ type }) =>
    type === "user_message" || type === "assistant_message"
  )
    .map(({ type, content }) => `${String(type).slice(0, 4)}: ${content}`);
  assertEquals(said, [
    "user: hello there",
    "assi: hello there",
    "user: second line",
    "assi: second line",
    "user: third line",
    "assi: third line",
  ]);
  const seqs = logs[0]?.map(({ seq }) => seq) ?? [];
  assertEquals(seqs, seqs.map((_, index) => index + 1));
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/**
 * Waits until every thread of a process has stopped. The shell's prompt comes when zag has; a thread
 * of the agent that is just being stopped in a read would still take the first key typed after that.
 */
async function allThreadsStopped(pid: number): Promise<void> {
  if (Deno.build.os !== "linux") return;
  for (let tries = 0; tries < 500; tries++) {
    const states: string[] = [];
    for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
      const stat = await Deno.readTextFile(`/proc/${pid}/task/${name}/stat`).catch(() => "");
      states.push(stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "gone");
    }
    if (states.every((state) => state === "T" || state === "gone")) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`Process ${pid} has not stopped`);
}
