import { libc } from "../../src/processes/pty_libc.ts";
import {
  type PtyOptions,
  type PtyProcess,
  PtyUnavailableError,
  startInPty,
} from "../../src/processes/pty.ts";
import { readProcesses, startTimeOf, stateOf } from "../../src/processes/process_table.ts";
import { SpawnError, type SpawnErrorReason } from "../../src/processes/spawn_error.ts";
import { startSubprocess } from "../../src/processes/subprocess.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import { eventually, isStillAlive, keptEnvironment } from "./support.ts";
import { writeProgram } from "../support/program_file.ts";

const LINUX = Deno.build.os === "linux";
const POSIX = LINUX || Deno.build.os === "darwin";
const PATH = "/usr/bin:/bin";

// It stays loaded, which is not a leak of the test that happens to be first.
if (POSIX) libc();

function shell(script: string, options: Partial<PtyOptions> = {}): PtyProcess {
  return startInPty({
    program: "sh",
    args: ["-c", script],
    env: { PATH },
    cwd: "/",
    columns: 80,
    rows: 24,
    ...options,
  });
}

/** What a program printed until the end, with plain line ends. */
async function textOf(process: PtyProcess): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of process.read()) text += decoder.decode(chunk, { stream: true });
  return text.replaceAll("\r\n", "\n");
}

/** Reads until a text was seen, and returns everything so far. */
async function untilPrinted(process: PtyProcess, wanted: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of process.read()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes(wanted)) return text;
  }
  throw new Error(`The end came before ${JSON.stringify(wanted)}: ${JSON.stringify(text)}`);
}

/** A zombie that its new parent has not taken yet has ended too. */
function hasEnded(pid: number): boolean {
  return (stateOf(pid) ?? "Z") === "Z";
}

function ptyTest(name: string, test: () => Promise<void> | void, ignore = false): void {
  Deno.test({ name, ignore: ignore || !POSIX, fn: test });
}

for (const throughShell of [false, true]) {
  const way = throughShell ? "through a shell" : "itself";

  ptyTest(`startInPty() gives the program a terminal of its size, opened ${way}`, async () => {
    using process = shell(
      "tty; stty size; test -t 0 && test -t 1 && test -t 2 && echo terminals; " +
        ": < /dev/tty && echo controlled; ps -o pid=,pgid=,tpgid= -p $$",
      { columns: 133, rows: 41, throughShell },
    );
    const [tty, ...lines] = (await textOf(process)).trim().split("\n");
    assert(tty!.startsWith("/dev/"), tty);
    assertEquals(lines.slice(0, -1), ["41 133", "terminals", "controlled"]);
    // It leads a group, which has the foreground.
    assertEquals(lines.at(-1)!.trim().split(/\s+/).map(Number), Array(3).fill(process.pid));
    assertEquals(await process.exit, { code: 0, signal: null });
  });

  ptyTest(`startInPty() hands over environment, arguments and directory, ${way}`, async () => {
    const dir = await Deno.realPath(await Deno.makeTempDir());
    try {
      const env = { PATH, EMPTY: "", QUOTED: "a 'b' \"c\" $d", LINES: "1\n2", É: "ü" };
      const options = { env, cwd: dir, throughShell };
      using environment = shell("", { ...options, program: "env", args: ["-0"] });
      assertEquals(
        (await textOf(environment)).split("\0").filter(Boolean).sort(),
        Object.entries(env).map(([name, value]) => `${name}=${value}`).sort(),
      );
      const args = ["", " ", "a b", "'", '"', "$HOME", "*", "-x", "--", "A=B", "é"];
      const script = 'pwd -P; printf "%s\\0" "$@"';
      using echo = shell("", { ...options, args: ["-c", script, "sh", ...args] });
      assertEquals(await textOf(echo), `${dir}\n${args.join("\0")}\0`);
      await Promise.all([environment.exit, echo.exit]);
    } finally {
      await Deno.remove(dir);
    }
  });

  ptyTest(`startInPty() says why a program can't be started, ${way}`, async () => {
    const dir = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${dir}/plain`, "echo no\n", { mode: 0o644 });
      await Deno.mkdir(`${dir}/folder`);
      const cases: [Partial<PtyOptions>, SpawnErrorReason][] = [
        [{ program: "zag-no-such-program" }, "not-found"],
        [{ program: "" }, "not-found"],
        [{ program: `${dir}/missing` }, "not-found"],
        [{ program: `${dir}/plain/x` }, "not-found"],
        [{ program: `${dir}/plain` }, "not-executable"],
        [{ program: `${dir}/folder` }, "not-executable"],
        [{ program: "folder", env: { PATH: `:${dir}` }, cwd: dir }, "not-found"],
        [{ program: "sh", cwd: `${dir}/missing` }, "cwd-missing"],
        [{ program: "sh", cwd: `${dir}/plain` }, "cwd-missing"],
        [{ program: "sh", args: ["a\0b"] }, "invalid-argument"],
        [{ program: "sh", args: ["a".repeat(4_000_000)] }, "arguments-too-long"],
      ];
      for (const [options, reason] of cases) {
        const error = assertThrows(() => shell("", { throughShell, ...options }), SpawnError);
        assertEquals([error.reason, error.program], [reason, options.program]);
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

ptyTest("startInPty() says what is wrong with a script", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await writeProgram(`${dir}/bare`, "echo no\n");
    await writeProgram(`${dir}/lost`, "#!/no/such/interpreter\n");
    for (const name of ["bare", "lost"]) {
      const start = () => shell("", { program: `./${name}`, cwd: dir, throughShell: false });
      assertEquals(assertThrows(start, SpawnError).reason, "not-executable");
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

ptyTest("startInPty() finds a program below its working directory", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await writeProgram(`${dir}/tool`, "#!/bin/sh\necho found\n");
    for (const where of [{ program: "./tool" }, { program: "tool", env: { PATH: `/no:${dir}` } }]) {
      using process = shell("", { args: [], cwd: dir, ...where });
      assertEquals(await textOf(process), "found\n");
      await process.exit;
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

ptyTest("PtyProcess.exit tells codes and signals", async () => {
  const cases: [script: string, code: number, signal: string | null][] = [
    ["exit 0", 0, null],
    ["exit 7", 7, null],
    ["exit 255", 255, null],
    ["kill -TERM $$", 143, "SIGTERM"],
    ["kill -KILL $$", 137, "SIGKILL"],
    ["kill -USR1 $$", LINUX ? 138 : 158, "SIGUSR1"],
  ];
  if (LINUX) cases.push(["kill -40 $$", 168, "SIG40"]);
  for (const [script, code, signal] of cases) {
    using process = shell(script);
    assertEquals(await process.exit, { code, signal }, script);
  }
});

ptyTest("PtyProcess.identity is that of the program, which leaves no zombie", async () => {
  using process = shell("read x");
  const [row] = (await readProcesses([process.pid])).values();
  assertEquals(process.identity, { pid: process.pid, startTime: row!.startTime });
  assertEquals([row!.ppid, row!.pgid, row!.sid], [Deno.pid, process.pid, process.pid]);
  assert(isStillAlive(process.identity));
  await process.write("\n");
  await process.exit;
  assertEquals(startTimeOf(process.pid), undefined);
  // Nobody is signalled once it has ended.
  process.kill("SIGKILL");
});

ptyTest("PtyProcess.kill() signals the program", async () => {
  using process = shell("sleep 300");
  process.kill("SIGKILL");
  assertEquals(await process.exit, { code: 137, signal: "SIGKILL" });
});

ptyTest("startInPty() lets signals do in the program what they do by default", async () => {
  // SIGPIPE is ignored by the runtime, the others by the shell that starts it.
  const source = new URL("../../src/processes/pty.ts", import.meta.url).href;
  const code = `
    import { startInPty } from ${JSON.stringify(source)};
    const [PATH, args] = [${JSON.stringify(PATH)}, ["SigIgn\\\\|SigBlk", "/proc/self/status"]];
    using p = startInPty({ program: "grep", args, env: { PATH }, cwd: "/", columns: 80, rows: 24 });
    for await (const chunk of p.read()) await Deno.stdout.write(chunk);
    await p.exit;
  `;
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", 'trap "" INT TERM HUP TSTP; exec "$@"', "sh", ...runDeno(["--allow-ffi"], code)],
    env: keptEnvironment(),
  });
  const { stdout } = await child.output();
  assertEquals(
    new TextDecoder().decode(stdout).trim().split(/\s+/),
    ["SigBlk:", "0".repeat(16), "SigIgn:", "0".repeat(16)],
  );
}, !LINUX);

ptyTest("PtyProcess.write() types, in order, and read() sees the echo", async () => {
  using process = shell("read a; read b; echo got $a-$b");
  process.write("one\n");
  await process.write(new TextEncoder().encode("twö\n"));
  assertEquals(await textOf(process), "one\ntwö\ngot one-twö\n");
  await process.exit;
});

ptyTest("PtyProcess.write() gets everything through to a program that is slow", async () => {
  const size = 500_000;
  using process = shell(
    `stty raw -echo; echo ready; head -c ${size} | cksum`,
  );
  await untilPrinted(process, "ready");
  const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
  const written = process.write(bytes);
  const sum = await untilPrinted(process, ` ${size}`);
  await written;
  const cksum = startSubprocess({
    program: "cksum",
    args: [],
    env: { PATH },
    cwd: "/",
    detached: false,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "null",
  });
  await cksum.stdin!.write(bytes);
  await cksum.stdin!.close();
  assertEquals(sum.trim(), (await new Response(cksum.stdout).text()).trim());
  await Promise.all([cksum.exit, process.exit]);
});

ptyTest("PtyProcess.write() waits for room and gives up when it is hung up", async () => {
  using process = shell("stty raw -echo; echo ready; sleep 300");
  await untilPrinted(process, "ready");
  let done = false;
  const written = process.write(new Uint8Array(1_000_000)).then(() => done = true);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(done, false);
  process.closeOutput();
  await written;
  await process.write("nobody is there");
  assertEquals((await process.exit).signal, "SIGHUP");
});

ptyTest("PtyProcess.read() gives all of a large output in order", async () => {
  using process = shell("stty -opost; seq 1 700000");
  const text = await textOf(process);
  assert(text.length > 4_700_000);
  const lines = text.split("\n");
  assertEquals(lines.length, 700_001);
  assertEquals(lines.findIndex((line, index) => line !== String(index + 1)), 700_000);
  assertEquals(await process.exit, { code: 0, signal: null });
});

ptyTest("PtyProcess.read() leaves the event loop alone", async () => {
  using process = shell("echo ready; read x; echo end");
  const reader = process.read();
  await reader.next();
  const next = reader.next();
  // Timers and other input and output go on while it waits.
  assertEquals((await fetch("data:,other")).status, 200);
  await new Promise((resolve) => setTimeout(resolve, 1));
  await process.write("\n");
  const { value } = await next;
  await reader.return!();
  // Another reader goes on where that one stopped.
  const rest = await textOf(process);
  assertStringIncludes(new TextDecoder().decode(value) + rest, "end");
  await process.exit;
});

ptyTest("PtyProcess.resize() tells the program", async () => {
  using process = shell(
    'trap "stty size; exit" WINCH; echo ready; while :; do read x; done',
    { columns: 80, rows: 24 },
  );
  await untilPrinted(process, "ready");
  process.resize(101, 47);
  assertStringIncludes(await textOf(process), "47 101");
  await process.exit;
  process.resize(1, 1);
});

ptyTest(
  "PtyProcess.exit comes, and closeOutput() ends reading, though a child holds on",
  async () => {
    // The child ignores the hang-up: it holds the terminal until it is killed.
    const child = 'trap "" HUP; echo pid $$; exec sleep 300';
    using process = shell(`sh -c '${child}' & read go; exit 3`);
    const text = await untilPrinted(process, "\n");
    const pid = Number(/pid (\d+)/.exec(text)![1]);
    const identity = { pid, startTime: startTimeOf(pid)! };
    try {
      const rest = textOf(process);
      await process.write("\n");
      assertEquals(await process.exit, { code: 3, signal: null });
      assert(isStillAlive(identity));
      process.closeOutput();
      assertEquals((await rest).trim(), "");
      assert(isStillAlive(identity));
    } finally {
      Deno.kill(pid, "SIGKILL");
    }
  },
);

ptyTest("PtyProcess hangs up on the leader and the foreground when it is disposed", async () => {
  let pid: number;
  let exit: Promise<unknown>;
  {
    using process = shell("sh -c 'echo pid $$; exec sleep 300'; exit 9");
    const text = await untilPrinted(process, "\n");
    pid = Number(/pid (\d+)/.exec(text)![1]);
    assert(!hasEnded(pid));
    exit = process.exit;
  }
  assertEquals(await exit, { code: 129, signal: "SIGHUP" });
  await eventually(() => hasEnded(pid));
});

ptyTest("startInPty() passes on no descriptor of ours", async () => {
  const path = await Deno.makeTempFile();
  using other = shell("read x");
  using file = await Deno.open(path);
  try {
    using process = shell("ls -l /proc/self/fd");
    const text = await textOf(process);
    // Our other terminal's end, its pipe, and the file.
    const own = await Array.fromAsync(Deno.readDir("/proc/self/fd"), ({ name }) => name);
    const links = own.map((name) => linkOf(`/proc/self/fd/${name}`));
    assert(links.includes(path) && links.some((link) => link.endsWith("/ptmx")));
    assert(!text.includes(path) && !text.includes("ptmx"), text);
    const terminals = text.match(/ [012] -> (\S+)/g)!;
    assertEquals(terminals.length, 3);
    await process.exit;
  } finally {
    file.seek(0, Deno.SeekMode.Start);
    await Deno.remove(path);
    await other.write("\n");
    await other.exit;
  }
}, !LINUX);

function linkOf(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return "";
  }
}

ptyTest("startInPty() leaves no descriptor behind", async () => {
  // In a process of its own: tests of other files open and close theirs meanwhile.
  const program = fromFileUrl(new URL("./children/terminals.ts", import.meta.url));
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", program] })
    .output();
  const [before, after] = new TextDecoder().decode(stdout).trim().split(" ").map(Number);
  assert(before! > 2);
  assertEquals(after, before);
}, !LINUX);

ptyTest("startInPty() runs many at once, each with its own output and end", async () => {
  const codes = await Promise.all(Array.from({ length: 20 }, async (_, index) => {
    using process = shell(`read x; echo "<$x>"; exit ${index}`);
    await process.write(`${index}\n`);
    assertStringIncludes(await textOf(process), `<${index}>`);
    return (await process.exit).code;
  }));
  assertEquals(codes, codes.map((_, index) => index));
});

/** A program of one line of TypeScript under some permissions. */
function runDeno(flags: readonly string[], code: string): string[] {
  const url = `data:application/typescript,${encodeURIComponent(code)}`;
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-lock", ...flags, url];
}

async function output(command: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command[0]!, {
    args: command.slice(1),
    env: keptEnvironment(),
    clearEnv: true,
    stdin: "null",
  }).output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

const SOURCE = JSON.stringify(new URL("../../src/processes/pty.ts", import.meta.url).href);
const SLEEP = `{ program: "sleep", args: ["300"], env: { PATH: ${JSON.stringify(PATH)} }, ` +
  `cwd: "/", columns: 80, rows: 24 }`;

ptyTest("startInPty() takes --allow-ffi and nothing else", async () => {
  const code = `
    import { startInPty } from ${SOURCE};
    using p = startInPty({ ...${SLEEP}, program: "sh", args: ["-c", "tty; exit 5"] });
    for await (const chunk of p.read()) await Deno.stdout.write(chunk);
    console.log(await p.exit, p.identity.startTime);
  `;
  const allowed = await output(runDeno(["--allow-ffi"], code));
  assertStringIncludes(allowed.text, "/dev/");
  assertStringIncludes(allowed.text, "{ code: 5, signal: null } unknown");
  const refused = await output(runDeno([], code));
  assertStringIncludes(refused.text, "NotCapable: Requires ffi access");
});

ptyTest("PtyProcess does not keep a program from its exit", async () => {
  const code = `
    import { startInPty } from ${SOURCE};
    const p = startInPty(${SLEEP});
    p.read().next();
    console.log(p.pid);
    await p.resize(10, 10);
    Deno.exit(4);
  `;
  const ran = await output(runDeno(["--allow-ffi"], code));
  assertEquals(ran.code, 4, ran.text);
  // The kernel hangs up for it.
  await eventually(() => hasEnded(Number(ran.text)));
});

for (const all of [false, true]) {
  const which = all ? "none of our streams is" : "our stdout is not";

  ptyTest(`startOnTerminal() gives the program our terminal when ${which} one`, async () => {
    const code = `
      import { startOnTerminal } from ${SOURCE};
      const script = "tty; ps -o pgid=,tpgid= -p $$; read x; echo got $x; exit 6";
      const p = startOnTerminal({ ...${SLEEP}, program: "sh", args: ["-c", script] });
      const exit = await p.exit;
      console.log(JSON.stringify({ exit, same: p.pid === p.identity.pid }));
    `;
    const streams = all ? "< /dev/null 2> /dev/null" : "";
    using process = shell("", {
      args: [
        "-c",
        `tty; result=$("$@" ${streams}); echo "result: $result"`,
        "sh",
        ...runDeno(["--allow-ffi"], code),
      ],
      env: { ...keptEnvironment(), PATH },
    });
    process.write("a line\n");
    const lines = (await textOf(process)).trim().split("\n").filter((line) => line !== "a line");
    const [tty, seen, groups, ...rest] = lines;
    assertEquals(seen, all ? "/dev/tty" : tty);
    // The shell has no job control: its group is that of all of them, and in the foreground.
    assertEquals(groups!.trim().split(/\s+/).map(Number), [process.pid, process.pid]);
    assertEquals(rest, [
      "got a line",
      'result: {"exit":{"code":6,"signal":null},"same":true}',
    ]);
    assertEquals(await process.exit, { code: 0, signal: null });
  });
}

ptyTest("startOnTerminal() refuses without a terminal", async () => {
  const code = `
    import { startOnTerminal } from ${SOURCE};
    try { startOnTerminal(${SLEEP}); } catch (error) { console.log(error.name, error.message); }
  `;
  const [program, ...args] = runDeno(["--allow-ffi"], code);
  const child = startSubprocess({
    program: program!,
    args,
    env: keptEnvironment(),
    cwd: "/",
    detached: true,
    stdin: "null",
    stdout: "pipe",
    stderr: "null",
  });
  assertEquals(
    await new Response(child.stdout).text(),
    'NoTerminalError Cannot start "sleep" on the terminal: there is none\n',
  );
  await child.exit;
});

Deno.test("startInPty() refuses where there are no such terminals", () => {
  if (POSIX) {
    const error = new PtyUnavailableError("why");
    assertEquals(error.message, "Cannot make a terminal for a program: why");
  } else assertThrows(() => shell("exit"), PtyUnavailableError);
});
