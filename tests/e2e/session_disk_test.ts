/** Disks that fill up or may not be written, and logs that something else has written into. */
import { readLog } from "../../src/sessions/log_reader.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { soundLog } from "./faults_support.ts";
import { inHome, mock, script } from "./support.ts";

const mountsAllowed = Deno.build.os === "linux" && (await new Deno.Command("unshare", {
  args: ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"],
  stdout: "null",
  stderr: "null",
}).output().catch(() => ({ success: false }))).success;

/** Runs a shell script where it may mount; `zag` is a function, and `$STATE` its directory. */
async function mounting(home: TestHome, text: string, env: Record<string, string> = {}) {
  const whole = `zag() { ${ZAG.shell} "$@"; }\n${text}`;
  await Deno.mkdir(`${home.path}/.zag`, { recursive: true });
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["-rm", "sh", "-c", whole],
    env: home.env({ STATE: `${home.path}/.zag`, OUT: home.work, ...env }),
    clearEnv: true,
    cwd: home.work,
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A session of some hundred kilobytes, and the answer that it gives. */
const PARTS = Array.from({ length: 40 }, (_, index) => `${index} ${"word ".repeat(1600)}`);
const LONG = script(PARTS.map((text) => ({ do: "say" as const, text, deltas: 2 })));
const ANSWER = PARTS.map((text) => `${text}\n`).join("\n");

for (const kilobytes of [120, 180, 240, 400]) {
  Deno.test({
    name: `exec gives the whole answer when its disk of ${kilobytes} KiB fills up (needs mounts)`,
    ignore: !mountsAllowed,
    fn: inHome(async (home) => {
      const id = crypto.randomUUID();
      const path = `${home.path}/script.json`;
      await Deno.writeTextFile(path, LONG.ZAG_MOCK_SCRIPT);
      const run = await mounting(
        home,
        `mount -t tmpfs -o size=${kilobytes}k none "$STATE"
        zag -p mock exec hi --session ${id} > "$OUT/answer" 2> "$OUT/errors"
        echo $? > "$OUT/code"
        cp -r "$STATE/logs" "$OUT/before"
        mount -o remount,size=100m "$STATE"
        unset ZAG_MOCK_SCRIPT
        zag status ${id} > "$OUT/status" 2>&1
        zag -p mock exec "there is room again"
        cp -r "$STATE/logs" "$OUT/after"`,
        { ZAG_MOCK_SCRIPT: path },
      );
      const file = (name: string) => Deno.readTextFile(`${home.work}/${name}`);
      assertEquals([run.code, run.stdout, run.stderr], [0, "there is room again\n", ""]);
      assertEquals(await file("code"), "0\n");
      assert(await file("answer") === ANSWER, "the answer is whole");
      assertMatch(await file("errors"), /^warning: this session is not [^\n]+\n$/);
      const log = `sessions/${id}.jsonl`;
      const before = await soundLog(`${home.work}/before/${log}`).catch(() => []);
      assert(before.length < 100, "the log stopped");
      // Where not even the index had room, the log tells of the session as soon as there is some. How
      // it ended may have had no room anywhere.
      const known = before.length === 0 ? /./ : /^(dead|completed)\n$/;
      assertMatch(await file("status"), known);
      // What is added later does not spoil what there was.
      const after = await soundLog(`${home.work}/after/${log}`).catch(() => []);
      assertEquals(after.slice(0, before.length), before);
    }),
  });
}

Deno.test({
  name: "the commands that read do so on a read-only home (needs mounts)",
  ignore: !mountsAllowed,
  fn: inHome(async (home) => {
    const id = crypto.randomUUID();
    await mock(home, [{ do: "say", text: "the answer" }], ["hi", "--session", id]);
    const commands = [
      `zag session list --global`,
      `zag session show ${id}`,
      `zag status ${id}`,
      `zag output ${id}`,
      `zag summary ${id}`,
      `zag cost`,
    ];
    const { code, stdout, stderr } = await mounting(
      home,
      `mount --bind "$STATE" "$STATE" && mount -o remount,ro,bind "$STATE" || exit 1
      ${commands.map((command) => `${command} || echo "FAILED: ${command}"`).join("\n")}`,
    );
    assertEquals([code, stdout.match(/FAILED.*/g)], [0, null], stderr);
    assertStringIncludes(stdout, "the answer");
    assertStringIncludes(stdout, "completed");
    for (const line of stderr.trim().split("\n")) assertMatch(line, /^(warning: .*)?$/);
  }),
});

Deno.test(
  "exec answers when ZAG_HOME is a file, and what needs the index says why it cannot",
  inHome(async (home) => {
    const env = { ZAG_HOME: `${home.path}/file` };
    await Deno.writeTextFile(env.ZAG_HOME, "");
    const run = await mock(home, [{ do: "echo" }], ["hi"], { env });
    assertEquals([run.code, run.stdout], [0, "hi\n"]);
    assertMatch(run.stderr, /^warning: this session is not [^\n]+\n$/);
    for (const command of [["session", "list"], ["status", "--latest"], ["cost"]]) {
      const { code, stdout, stderr } = await home.zag(command, { env });
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^error: Cannot [^\n]*file/);
      assert(!/ at .*\.ts:/.test(stderr), "there is no stack");
    }
    assertEquals(await Deno.readTextFile(env.ZAG_HOME), "");
  }),
);

const bytes = (text: string) => new TextEncoder().encode(text);

/** What a disk, another program or a power cut may leave in a log. */
const SCARS: readonly (readonly [what: string, scar: Uint8Array])[] = [
  ["garbage", bytes("?%&)=)(/&%\n")],
  ["NUL bytes", new Uint8Array(5000)],
  ["NUL bytes that are a line", bytes(`${"\0".repeat(300)}\n`)],
  ["half a line", bytes('{"seq":3,"ts":"2026-01-01T00:00:00.000Z","provider":"mo')],
  ["invalid UTF-8", new Uint8Array([...bytes('{"seq":1,"type":"'), 0xff, 0xfe, 0xc3, 0x0a])],
  ["a long line", bytes(`{"seq":1,"type":"user_event","message":"${"x".repeat(10e6)}"}\n`)],
  ["a long line without any sense", bytes(`${"y".repeat(10e6)}\n`)],
  ["lines of other shapes", bytes('[]\nnull\n"text"\n{"seq":"1"}\n{"type":"none"}\n{}\n\n \n')],
  ["an entry of a later version", bytes('{"seq":2,"type":"dream","content":{"a":1}}\n')],
  ["a number that is none", bytes('{"seq":1e999,"type":"user_event","level":"info"}\n')],
];

/** Commands that read the log of a session. */
const READERS = [
  ["status"],
  ["output"],
  ["events"],
  ["events", "--last", "2", "--json"],
  ["listen"],
  ["session", "show"],
  ["summary"],
] as const;

Deno.test(
  "readers go on behind damaged lines, and so do zag and its index",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    const steps = [{ do: "say" as const, text: "the answer" }];
    await mock(home, steps, ["hi", "--session", id]);
    const [path] = await home.logPaths();
    const whole = await Deno.readFile(path!);
    const lines = new TextDecoder().decode(whole).split("\n").slice(0, -1);
    const middle = bytes(lines.slice(0, -1).join("\n") + "\n").length;
    for (const [what, scar] of SCARS) {
      for (const at of [0, middle, whole.length]) {
        await Deno.writeFile(path!, join(whole.subarray(0, at), scar, whole.subarray(at)));
        const read: unknown[] = [];
        for await (const { event } of readLog(path!)) if (event) read.push(event);
        // A scar without a newline takes the line behind it along.
        const lost = scar.at(-1) === 0x0a ? 0 : 1;
        const found = lines.filter((line) => read.some((event) => JSON.stringify(event) === line));
        assert(found.length >= lines.length - lost, `${what} at ${at}: ${found.length} lines`);
      }
    }
    const scars = SCARS.flatMap(([, scar]) => [scar, bytes("\n")]);
    const text = join(whole.subarray(0, middle), ...scars, whole.subarray(middle), bytes('{"seq'));
    await Deno.writeFile(path!, text);
    for (const [command, ...args] of READERS) {
      const { code, stderr } = await home.zag(
        command === "session" ? ["session", "show", id] : [command, id, ...args],
      );
      assertEquals([command, code], [command, 0], stderr);
      assert(!/^error:|\.ts:/m.test(stderr), stderr);
    }
    const searched = await home.zag(["search", "the answer"]);
    assertEquals(searched.code, 0);
    assertStringIncludes(searched.stdout, id.slice(0, 8));
    assertEquals((await home.zag(["log", "--session", id, "beside"])).code, 0);
    const resumed = await home.zag(["exec", "on", "--resume", id]);
    assertEquals([resumed.code, resumed.stdout, resumed.stderr], [0, "on\n", ""]);
    const numbers: number[] = [];
    const told: unknown[] = [];
    for await (const { event } of readLog(path!)) {
      if (!event) continue;
      numbers.push(event.seq);
      if (event.type === "user_event") told.push(event.message);
    }
    // It was the first to write behind the torn line.
    assertEquals(told.slice(-1), ["beside"]);
    // What came before counts up, and so does what came later.
    const last = numbers.lastIndexOf(lines.length);
    const later = numbers.slice(last + 1);
    assertEquals(later.map((seq, index) => seq - later[0]! - index).filter((off) => off !== 0), []);
    assert(later[0]! > lines.length);
    assert(numbers.length > lines.length);
  }),
);

Deno.test(
  "the index can be made again from damaged logs",
  inHome(async (home) => {
    for (const [index, [, scar]] of SCARS.entries()) {
      await mock(home, [{ do: "usage", output_tokens: 5 }], ["hi", "--name", `s${index}`]);
      const [row] = home.rows("sessions").slice(-1);
      const path = String(row?.log_path);
      const whole = await Deno.readFile(path);
      const end = whole.indexOf(0x0a) + 1;
      // Between the first line and the second, and a torn end.
      const parts = [whole.subarray(0, end), scar, bytes("\n"), whole.subarray(end), bytes('{"se')];
      await Deno.writeFile(path, join(...parts));
    }
    const columns = (row: Record<string, unknown>): Record<string, unknown> => ({
      ...row,
      heartbeat_at: null,
    });
    const before = home.rows("sessions").map(columns);
    for (const part of ["", "-wal", "-shm"]) {
      await Deno.remove(`${home.path}/.zag/zag.db${part}`).catch(() => {});
    }
    assertEquals((await home.zag(["session", "list"])).code, 0);
    const byName = (a: Record<string, unknown>, b: Record<string, unknown>) =>
      String(a.name).localeCompare(String(b.name));
    assertEquals(home.rows("sessions").map(columns).sort(byName), before.sort(byName));
  }),
);

function join(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
