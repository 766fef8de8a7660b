import { LineSplitter } from "../../src/processes/lines.ts";
import { endTree } from "../../src/processes/end_tree.ts";
import { readProcesses, startTimeOf } from "../../src/processes/process_table.ts";
import {
  SpawnError,
  type SpawnErrorReason,
  startSubprocess,
  type Subprocess,
  type SubprocessOptions,
} from "../../src/processes/subprocess.ts";
import { assert, assertEquals, assertExists, assertThrows } from "../support/assert.ts";
import { eventually, isStillAlive, PROGRAMS, startFixture, withProgram } from "./support.ts";
import { writeProgram } from "../support/program_file.ts";

function start(options: Partial<SubprocessOptions> & { program: string }): Subprocess {
  return startSubprocess({
    args: [],
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    detached: true,
    stdin: "null",
    stdout: "pipe",
    stderr: "null",
    ...options,
  });
}

function shell(script: string, options: Partial<SubprocessOptions> = {}): Subprocess {
  return start({ program: "/bin/sh", args: ["-c", script], ...options });
}

function marker(): string {
  return `ZAG_TEST_MARK=${crypto.randomUUID()}`;
}

Deno.test("startSubprocess() hands over exactly the environment, arguments and directory", async () => {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  try {
    const env = { PATH: "/usr/bin:/bin", EMPTY: "", QUOTED: "a 'b' \"c\" $d", LINES: "1\n2" };
    const environment = start({ program: "env", args: ["-0"], env });
    assertEquals(
      (await new Response(environment.stdout).text()).split("\0").filter(Boolean).sort(),
      Object.entries(env).map(([name, value]) => `${name}=${value}`).sort(),
    );
    const args = ["", " ", "a b", "'", '"', "$HOME", "*", "-x", "--", "\n", "é"];
    const echo = shell('pwd -P; printf "%s\\0" "$@"', {
      args: ["-c", 'pwd -P; printf "%s\\0" "$@"', "sh", ...args],
      cwd: dir,
    });
    assertEquals(await new Response(echo.stdout).text(), `${dir}\n${args.join("\0")}\0`);
    assertEquals(await echo.exit, { code: 0, signal: null });
    await environment.exit;
  } finally {
    await Deno.remove(dir);
  }
});

Deno.test("startSubprocess() gives a detached program a session of its own", async () => {
  for (const detached of [true, false]) {
    await withProgram("never_ends.sh", { detached }, async ({ child }) => {
      const table = await readProcesses([child.pid, Deno.pid]);
      const { pid, pgid, sid } = table.get(child.pid)!;
      const own = table.get(Deno.pid)!;
      assertEquals([pgid, sid], detached ? [pid, pid] : [own.pgid, own.sid]);
      await endTree(child.identity, { detached });
    });
  }
});

Deno.test("startSubprocess() knows the identity even of a program that ends at once", async () => {
  for (let count = 0; count < 20; count++) {
    const child = start({ program: "true", stdout: "null" });
    assert(/^\w+:.*\d$/.test(child.identity.startTime), child.identity.startTime);
    assertEquals(child.identity.pid, child.pid);
    assertEquals(await child.exit, { code: 0, signal: null });
    assertEquals(isStillAlive(child.identity), false);
  }
});

Deno.test("startSubprocess() identity is the one in the process table", async () => {
  await withProgram("never_ends.sh", {}, async ({ child }) => {
    assertEquals(child.identity.startTime, startTimeOf(child.pid));
    child.kill("SIGTERM");
    assertEquals(await child.exit, { code: 143, signal: "SIGTERM" });
    child.kill("SIGTERM");
  });
});

Deno.test("Subprocess.exit tells code and signal", async () => {
  const rows: [string, number, string | null][] = [
    ["exit 0", 0, null],
    ["exit 3", 3, null],
    ["exit 255", 255, null],
    ["kill -9 $$", 137, "SIGKILL"],
    ["kill -INT $$", 130, "SIGINT"],
  ];
  // A real-time signal, for which Deno has no name.
  if (Deno.build.os === "linux") rows.push(["kill -40 $$", 168, "SIG40"]);
  for (const [script, code, signal] of rows) {
    assertEquals(await shell(script, { stdout: "null" }).exit, { code, signal }, script);
  }
});

Deno.test("startSubprocess() says why a program can't be started", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/plain`, "#!/bin/sh\n", { mode: 0o644 });
    await writeProgram(`${dir}/orphan`, "#!/no/such/interpreter\n");
    const rows: [SpawnErrorReason, Partial<SubprocessOptions> & { program: string }][] = [
      ["not-found", { program: "zag-no-such-program" }],
      ["not-found", { program: `${dir}/missing` }],
      ["not-found", { program: "sleep", env: { PATH: dir } }],
      ["not-executable", { program: `${dir}/plain` }],
      ["not-executable", { program: `${dir}/orphan` }],
      ["not-executable", { program: dir }],
      ["cwd-missing", { program: "sleep", cwd: `${dir}/gone` }],
      ["cwd-missing", { program: "sleep", cwd: `${dir}/plain` }],
      ["arguments-too-long", { program: "sleep", args: ["x".repeat(3_000_000)] }],
      ["arguments-too-long", { program: "sleep", env: { PATH: "/bin", X: "x".repeat(3_000_000) } }],
      ["invalid-argument", { program: "sleep", args: ["a\0b"] }],
    ];
    for (const [reason, options] of rows) {
      const error = assertThrows(() => start(options), SpawnError);
      assertEquals([error.reason, error.program], [reason, options.program]);
      assertEquals(error.cwd, options.cwd ?? "/");
      assertExists(error.cause);
    }
    const missing = assertThrows(() => start({ program: "nope" }), SpawnError);
    assertEquals(missing.message, 'Cannot start "nope": there is no such program');
    assertEquals(missing.hint, "Install it, or put its directory on PATH");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test({
  name: "startSubprocess() passes a missing permission on as it is",
  permissions: { run: ["sleep"], read: true },
  fn() {
    assertThrows(() => start({ program: "/bin/cat" }), Deno.errors.NotCapable);
  },
});

Deno.test("Subprocess.stdin delivers bytes and the end of the input", async () => {
  const child = start({ program: "cat", stdin: "pipe" });
  assertExists(child.stdin);
  const output = new Response(child.stdout).text();
  assertEquals(await child.stdin.write("é\n"), true);
  assertEquals(await child.stdin.write(new Uint8Array([0, 65, 10])), true);
  assertEquals(await child.stdin.close(), true);
  assertEquals(await child.stdin.close(), true);
  assertEquals(await child.stdin.write("late"), false);
  assertEquals(await output, "é\n\0A\n");
  assertEquals([child.stdin.broken, (await child.exit).code], [false, 0]);
});

Deno.test("Subprocess.stdin reports a program that no longer reads", async () => {
  await withProgram("closes_stdin.sh", { prompt: "go\n" }, async ({ child }) => {
    const stdin = child.stdin!;
    assertEquals(await stdin.write("x".repeat(1_000_000)), false);
    assertEquals([stdin.broken, await stdin.write("x"), await stdin.close()], [true, false, false]);
    await endTree(child.identity, { detached: true });
  });
});

Deno.test("Subprocess.stdin reports a program that has ended", async () => {
  const child = shell("exit 0", { stdin: "pipe" });
  await child.exit;
  await eventually(async () => !await child.stdin!.write("x".repeat(100_000)));
  assertEquals(child.stdin!.broken, true);
  assertEquals(await child.stdin!.close(), false);
  await child.stdout!.cancel();
});

Deno.test("Subprocess.stdin waits while the program does not read", async () => {
  await withProgram("never_ends.sh", {}, async ({ child }) => {
    let done = false;
    const writing = child.stdin!.write(new Uint8Array(1_000_000)).then((written) => {
      done = true;
      return written;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    assertEquals(done, false);
    await endTree(child.identity, { detached: true });
    assertEquals(await writing, false);
  });
});

Deno.test("Subprocess has only the streams that were asked for", async () => {
  const child = shell("cat; echo out; echo err >&2", { stdout: "null", stderr: "null" });
  assertEquals([child.stdin, child.stdout, child.stderr], [undefined, undefined, undefined]);
  assertEquals((await child.exit).code, 0);
  child.closeOutput();
});

Deno.test("Subprocess.stdout keeps a line that ends in the middle", async () => {
  const child = startFixture("mid_line.sh", marker());
  const splitter = new LineSplitter();
  const lines: string[] = [];
  for await (const chunk of child.stdout!) lines.push(...splitter.push(chunk));
  assertEquals([lines, splitter.end()], [['{"a":1}'], '{"b":']);
  assertEquals((await child.exit).code, 0);
  await child.stdin!.close();
});

Deno.test("Subprocess.stderr and stdout do not block each other", async () => {
  const child = shell(`. ${PROGRAMS}floods_stderr.sh`, { stderr: "pipe" });
  let flood = 0;
  const reading = (async () => {
    for await (const chunk of child.stderr!) flood += chunk.length;
  })();
  assertEquals(await new Response(child.stdout).text(), "done\n");
  await reading;
  assertEquals([flood, (await child.exit).code], [4096 * 1024, 0]);
});

Deno.test("Subprocess.stdout ends when the program closes it, though it lives on", async () => {
  await withProgram("closes_stdout.sh", {}, async ({ child, outputEnd }) => {
    await outputEnd;
    assert(isStillAlive(child.identity));
    await endTree(child.identity, { detached: true });
  });
});

Deno.test("Subprocess.closeOutput() ends reading although a child holds the pipe", async () => {
  await withProgram("outlives_parent.sh", {}, async ({ child, outputEnd, processes }) => {
    await child.exit;
    let ended = false;
    outputEnd.then(() => ended = true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assertEquals(ended, false);
    child.closeOutput();
    await outputEnd;
    assert(isStillAlive(processes.child!));
    child.closeOutput();
    await endTree(child.identity, { detached: true });
  });
});

Deno.test("Subprocess.closeOutput() keeps what was read before", async () => {
  const child = shell("echo one; exec sleep 300", { stderr: "pipe" });
  const reader = child.stdout!.getReader();
  const { value } = await reader.read();
  const next = reader.read();
  child.closeOutput();
  assertEquals(new TextDecoder().decode(value), "one\n");
  assertEquals((await next).done, true);
  assertEquals((await child.stderr!.getReader().read()).done, true);
  await endTree(child.identity, { detached: true });
  await child.exit;
});
