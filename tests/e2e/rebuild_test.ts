/** The index is lost or damaged, and made again from the logs. */
import { DatabaseSync } from "node:sqlite";
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { NATIVE_SESSIONS, nativeLines, writeFile } from "../support/native_sessions.ts";
import { Pty } from "../support/pty.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { chances } from "./faults_support.ts";
import { limit, untilWaits } from "./limit_support.ts";
import { ended, spawn } from "./spawn_support.ts";
import { claude, inHome, mock, script, standIn, waitFor } from "./support.ts";
import { repository, writes } from "./worktree_support.ts";

const DATABASE = (home: TestHome) => `${home.path}/.zag/zag.db`;

/** Everything that must be the same after the index was lost. */
function books(home: TestHome): { sessions: unknown[]; usage: unknown[]; resumes: unknown[] } {
  const sessions = home.rows("sessions")
    .map(({ heartbeat_at: _, ...row }) => row)
    .sort((a, b) => String(a.session_id) < String(b.session_id) ? -1 : 1);
  return { sessions, usage: home.rows("usage"), resumes: home.rows("resumes") };
}

async function loseIndex(home: TestHome, parts = ["", "-wal", "-shm"]): Promise<void> {
  for (const part of parts) await Deno.remove(DATABASE(home) + part).catch(() => {});
}

/** Runs a command that does nothing by itself, and fails when it warns. */
async function look(home: TestHome): Promise<void> {
  const { code, stderr } = await home.zag(["session", "list"]);
  assertEquals([code, stderr], [0, ""]);
}

/** Columns that most sessions leave as they are. */
const RARE: ReadonlySet<string> = new Set([
  "budget",
  "cache_creation_tokens",
  "dependencies",
  "exit_constraints",
  "interactive",
  "is_worktree",
  "log_completeness",
  "provider",
  // Only the original's own sessions have it.
  "resumed_from",
  "retried_from",
  // The tests of sandboxes look whether it is kept.
  "sandbox_name",
  "worktree_name",
]);

/** Columns in which all rows have the same. */
function alwaysSame(rows: readonly unknown[]): string[] {
  const all = rows as readonly Record<string, unknown>[];
  const columns = Object.keys(all[0] ?? {});
  return columns.filter((name) => new Set(all.map((row) => row[name])).size === 1).sort();
}

function idOf(home: TestHome): string {
  return String(home.rows("sessions").at(-1)?.session_id);
}

const TURN: Step[] = [
  { do: "tool", name: "read", input: { path: "a" }, output: '{"type":"session_deleted"}' },
  { do: "say", text: 'a "type":"usage" that is no line' },
  { do: "usage", input_tokens: 12, output_tokens: 3, cache_read_tokens: 4, cost_usd: 0.1 },
];

Deno.test(
  "a rebuild gives back every column of sessions and usage, whatever happened to the sessions",
  inHome(async (home) => {
    const git = new Deno.Command("git", { args: ["init", "-q", home.work] });
    assert((await git.output()).success);
    const elsewhere = { cwd: home.path };
    const flags = [
      "--name",
      "näme",
      "--description",
      "it's",
      "--tag",
      "a",
      "--tag",
      "b",
      "-m",
      "small",
    ];
    await mock(home, TURN, ["hi", ...flags]);
    const first = idOf(home);
    await home.zag(["exec", "more", "--resume", first, "--tag", "c"], { env: script([], TURN) });
    await mock(home, TURN, ["hi", "-o", "text"], elsewhere);
    await mock(home, TURN, ["hi", "--max-turns", "3", "-s", "brief", "--root", home.path]);
    await mock(home, [{ do: "error", message: "no", fatal: true }]);
    await mock(home, [{ do: "exit", code: 7 }]);
    await mock(home, [{ do: "crash" }]);
    await mock(home, [{ do: "hang" }], ["hi", "--timeout", "1s"]);
    await mock(home, TURN, ["hi"], {
      env: { ZAG_SESSION_ID: first, ZAG_PROCESS_ID: "a run", ZAG_NAME: "x" },
    });
    await mock(home, TURN, ["many", "-i", "stream-json", "-o", "stream-json"], {
      stdin: '{"type":"user_message","content":"one"}\n{"type":"user_message","content":"two"}\n',
      env: script(TURN, TURN, TURN),
    });
    const agent = await mock(home, TURN, ["gone", "--name", "to be deleted"]);
    assertEquals(agent.code, 0);
    const deleted = idOf(home);
    assertEquals((await home.zag(["session", "delete", deleted])).code, 0);
    // The agent still knows it, and zag does not: it is discovered.
    const again = idOf(home);
    assertEquals((await home.zag(["session", "delete", again])).code, 0);
    assertEquals((await home.zag(["-p", "mock", "exec", "hi", "--resume", again])).code, 0);
    await atTerminal(home);
    const update = ["session", "update", first, "--name", "new", "--tag", "later"];
    assertEquals((await home.zag(update)).code, 0);
    await killed(home);
    await using _waits = await waits(home);
    await look(home);

    const before = books(home);
    assertEquals([before.sessions.length, before.resumes.length], [12, 1]);
    const commands = before.sessions.map((row) => (row as { command: string }).command);
    assertEquals(commands.filter((command) => command === "run").length, 1);
    assert(before.usage.some((row) => (row as { session_id: string }).session_id === deleted));
    // A column of which nothing is seen here has to be seen below.
    assertEquals(alwaysSame(before.sessions), [...RARE].sort());
    await loseIndex(home);
    await look(home);
    assertEquals(books(home), before);
    const { code } = await home.zag(["exec", "again", "--resume", "new"]);
    assertEquals(code, 0);
  }),
);

Deno.test(
  "a rebuild gives back every column that few sessions fill",
  inHome(async (home) => {
    await repository(home);
    const used: Step = { do: "usage", input_tokens: 1, cache_creation_tokens: 5, cost_usd: 0.01 };
    await mock(home, [used, ...writes("b.txt")], ["hi", "-w", "tree", "--max-cost", "5"]);
    const first = idOf(home);
    const next = await spawn(home, ["hi", "--depends-on", first], TURN);
    assertEquals(await ended(home, next), 0);
    assertEquals((await home.zag(["retry", next], { env: script(TURN) })).code, 0);
    const hands: Step[] = [{ do: "run", command: ["zag", "ps", "kill", "self", "it"] }];
    const exit = ["-p", "mock", "run", "-a", "--headless", "--exit", "it", "hi"];
    assertEquals((await home.zag(exit, { env: script(hands) })).code, 0);
    await standIn(home, "cat > /dev/null; echo answer");
    assertEquals((await claude(home, ["hi", "-o", "text"])).code, 0);
    const talk = await home.zag(["spawn", "-I", "-p", "mock", "hi"], { env: script(TURN) });
    assertEquals((await home.zag(["cancel", talk.stdout.trim()])).code, 0);
    await waitFor(
      "all to end",
      () => home.rows("processes").every(({ status }) => status !== "running") || undefined,
    );

    const before = books(home);
    const same = alwaysSame(before.sessions);
    assertEquals(same.filter((column) => RARE.has(column)), ["resumed_from", "sandbox_name"]);
    await loseIndex(home);
    await look(home);
    assertEquals(books(home), before);
  }),
);

/** A conversation of two turns. */
async function atTerminal(home: TestHome): Promise<void> {
  const args = [...ZAG.args, "-p", "mock", "run", "first words", "--name", "at a terminal"];
  await using pty = new Pty(ZAG.program, args, {
    cwd: home.work,
    env: home.env({ TERM: "xterm-256color", ...script(TURN, TURN) }),
  });
  await pty.waitFor("no line");
  const from = pty.text.length;
  pty.type("second words\r");
  await pty.waitFor("no line", from);
  pty.type("\x04");
  assertEquals((await pty.exit).code, 0);
}

/** A session that waits for the end of a usage limit. */
async function waits(home: TestHome): Promise<AsyncDisposable> {
  const child = home.spawn(["-p", "mock", "exec", "hi", "--max-turns", "3"], {
    env: script(limit(3600)),
    stdio: { stdout: "null", stderr: "null" },
  });
  await untilWaits(home);
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

/** A session whose zag is killed while the agent works. */
async function killed(home: TestHome): Promise<void> {
  const { child } = await working(home);
  child.kill("SIGKILL");
  await child.status;
  await child.stdout.cancel();
  await child.stderr.cancel();
}

/** A session whose agent is at work. */
async function working(home: TestHome): Promise<{ child: Deno.ChildProcess; id: string }> {
  const id = crypto.randomUUID();
  const steps: Step[] = [...TURN, { do: "say", text: "at work" }, { do: "hang" }];
  const child = home.spawn(["-p", "mock", "exec", "hi", "--session", id], { env: script(steps) });
  await waitFor("the agent to say something", async () => {
    const logs = (await home.logs().catch(() => [])).flat();
    return logs.some((line) => line.wrapper_session_id === id && line.content === "at work") ||
      undefined;
  });
  return { child, id };
}

Deno.test(
  "a rebuild gives back imported sessions",
  inHome(async (home) => {
    for (const session of NATIVE_SESSIONS) {
      const lines = await nativeLines(session, home.work);
      await writeFile(`${home.path}/${session.file}`, lines.join("\n") + "\n");
    }
    assertEquals((await home.zag(["session", "import"])).code, 0);
    const before = books(home);
    assertEquals(before.sessions.length, NATIVE_SESSIONS.length);
    await loseIndex(home);
    await look(home);
    assertEquals(books(home), before);
  }),
);

Deno.test(
  "a rebuild spares a session that runs, and what the session does later is kept",
  inHome(async (home) => {
    for (const parts of [["", "-wal", "-shm"], [""]]) {
      const { child, id } = await working(home);
      const [process] = home.rows("processes").slice(-1);
      await loseIndex(home, parts);
      await look(home);
      const row = () => home.rows("sessions").find(({ session_id }) => session_id === id);
      assertEquals([row()?.outcome, row()?.input_tokens], [null, null]);
      const { code, stderr } = await home.zag(["exec", "more", "--resume", id]);
      assertEquals(code, 1);
      assertMatch(stderr, /it is running \(process \d+\)/);
      assertMatch((await home.zag(["session", "delete", id])).stderr, /Cannot delete .* running/);

      child.kill("SIGTERM");
      assertEquals((await child.output()).code, 143);
      assertEquals(row()?.outcome, "interrupted");
      const runs = home.rows("processes").filter(({ session_id }) => session_id === id);
      assertEquals(runs.map(({ id, status }) => [id, status]), [[process?.id, "killed"]]);
      assertEquals(runs.map(({ agent_pid }) => agent_pid), [process?.agent_pid]);
      const before = books(home);
      await loseIndex(home);
      await look(home);
      assertEquals(books(home), before);
    }
  }),
);

Deno.test(
  "a session that loses its index at work finds its way into the new one by itself",
  inHome(async (home) => {
    const { child, id } = await working(home);
    await loseIndex(home);
    child.kill("SIGTERM");
    await child.output();
    assertEquals(home.rows("sessions").map((row) => [row.session_id, row.outcome]), [
      [id, "interrupted"],
    ]);
  }),
);

Deno.test(
  "a rebuild finds the strays of a zag that was killed, and calls its session dead",
  inHome(async (home) => {
    await killed(home);
    await loseIndex(home);
    await look(home);
    assertEquals(home.rows("sessions").map(({ outcome, error }) => [outcome, error]), [
      ["dead", "zag was killed while the session ran"],
    ]);
    assertEquals(home.rows("processes").map(({ status }) => status), ["killed"]);
    const before = books(home);
    await loseIndex(home);
    await look(home);
    assertEquals(books(home), before);
  }),
);

Deno.test(
  "a rebuild passes over what cannot be read",
  inHome(async (home) => {
    await mock(home, TURN);
    const [path] = await home.logPaths();
    const before = books(home);
    const lines = (await Deno.readTextFile(path!)).split("\n");
    lines.splice(1, 0, "not JSON", '{"seq":"x","type":"session_deleted"}', '{"type":"usage"}', "{");
    lines.splice(0, 0, "\0\u00ff");
    await Deno.writeTextFile(path!, lines.join("\n") + '{"seq":99,"type":"session_dele');
    const directory = path!.slice(0, path!.lastIndexOf("/"));
    await Deno.writeTextFile(`${directory}/empty.jsonl`, "");
    await Deno.writeTextFile(`${directory}/noise.jsonl`, "noise\nnoise");
    await Deno.writeTextFile(`${directory}/..x.jsonl`, '{"seq":1,"type":"session_started"}\n');
    await Deno.mkdir(`${directory}/directory.jsonl`);
    await Deno.symlink("/nowhere", `${directory}/link.jsonl`);
    await loseIndex(home);
    await look(home);
    assertEquals(books(home), before);
  }),
);

Deno.test(
  "a rebuild finds the logs of ZAG_USER_LOG_DIR as soon as it is set",
  inHome(async (home) => {
    const env = { ZAG_USER_LOG_DIR: `${home.path}/logs of a user` };
    await mock(home, TURN, ["hi"], { env });
    await mock(home, TURN, ["hi"]);
    const before = books(home);
    await loseIndex(home);
    await look(home);
    assertEquals(books(home).sessions.length, 1);
    assertEquals((await home.zag(["session", "list"], { env })).code, 0);
    assertEquals(books(home), before);
  }),
);

const GARBAGE = new TextEncoder().encode("this is no database ".repeat(500));

Deno.test(
  "a damaged index is put aside once, however many find it, and made again",
  inHome(async (home) => {
    await mock(home, TURN);
    const before = books(home);
    const whole = await Deno.readFile(DATABASE(home));
    const kept: Uint8Array[] = [];
    for (const damaged of [GARBAGE, whole.slice(0, 5000), whole.slice(0, 512)]) {
      await Deno.writeFile(DATABASE(home), damaged);
      const seen = await Promise.all(
        Array.from({ length: 4 }, () => home.zag(["session", "list", "--global"])),
      );
      const said = seen.map(({ stderr }) => stderr).join();
      assertEquals(seen.map(({ code }) => code), [0, 0, 0, 0], said);
      const warnings = seen.map(({ stderr }) => stderr).filter((text) => text !== "");
      assertEquals(warnings.length, 1, warnings.join());
      const [, aside] = /^warning: the session index was damaged .* is (.*)\n$/.exec(warnings[0]!)!;
      assertEquals(await Deno.readFile(aside!), damaged);
      assertEquals(books(home), before);
      kept.push(damaged);
    }
    const asides = [...Deno.readDirSync(`${home.path}/.zag`)].map(({ name }) => name)
      .filter((name) => /^zag\.db\.corrupt-[^-]*-[^-]*-[^-]*$/.test(name));
    assertEquals(asides.length, kept.length);
  }),
);

Deno.test(
  "an index without a single byte is made again, and nothing is said about it",
  inHome(async (home) => {
    await mock(home, TURN);
    const before = books(home);
    await Deno.writeFile(DATABASE(home), new Uint8Array());
    await look(home);
    assertEquals(books(home), before);
  }),
);

/** Fills a table with noise from its first page on; what the file says of itself stays right. */
function spoil(home: TestHome, table: string): void {
  const database = new DatabaseSync(DATABASE(home));
  const page = Number(
    database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table)?.rootpage,
  );
  database.close();
  using file = Deno.openSync(DATABASE(home), { write: true });
  file.seekSync((page - 1) * 4096, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(4096).fill(0x55));
}

Deno.test(
  "damage that shows in the middle of a command that reads is repaired at once",
  inHome(async (home) => {
    for (let count = 0; count < 3; count++) await mock(home, TURN);
    const before = books(home);
    const listed = await home.zag(["session", "list"]);
    spoil(home, "sessions");
    const again = await home.zag(["session", "list"]);
    assertEquals([again.code, again.stdout], [0, listed.stdout]);
    assertMatch(again.stderr, /^warning: the session index was damaged[^\n]*\n$/);
    assertEquals(books(home), before);
    await look(home);
  }),
);

Deno.test(
  "damage that shows in the middle of a command that changes is said, and repaired by the next one",
  inHome(async (home) => {
    for (let count = 0; count < 3; count++) await mock(home, TURN);
    const before = books(home);
    const id = String(home.rows("sessions")[0]?.session_id);
    spoil(home, "sessions");
    const seen = await home.zag(["session", "update", id, "--name", "n"]);
    assertEquals([seen.code, seen.stdout], [1, ""]);
    assertMatch(
      seen.stderr,
      /^error: Cannot use .*: the file is damaged\n[^]*Try again: zag then puts/,
    );
    const again = await home.zag(["session", "list"]);
    assertEquals(again.code, 0);
    assertMatch(again.stderr, /^warning: the session index was damaged/);
    assertEquals(books(home), before);
    await look(home);
  }),
);

Deno.test(
  "exec answers when the index turns out to be damaged, and the session is not lost",
  inHome(async (home) => {
    await mock(home, TURN);
    const before = books(home);
    for (const table of ["sessions", "facts", "processes", "usage"]) {
      spoil(home, table);
      const { code, stdout } = await mock(home, TURN, ["hi", "--name", table]);
      assertEquals([code, stdout], [0, 'a "type":"usage" that is no line\n'], table);
      await home.zag(["session", "list"]);
      await look(home);
    }
    const after = books(home);
    assertEquals(after.sessions.length, before.sessions.length + 4);
    assertEquals(after.usage.length, before.usage.length + 4);
  }),
);

Deno.test(
  "a rebuild gives back random sessions",
  inHome(async (home) => {
    const chance = chances(7);
    const pick = <T>(...all: T[]): T => all[Math.floor(chance() * all.length)]!;
    const ids: string[] = [];
    for (let count = 0; count < 12; count++) {
      const steps: Step[] = pick(
        TURN,
        [],
        [{ do: "think", text: "…" }],
        [
          { do: "limit", scope: "weekly", reset_in: 60 },
        ],
        [{ do: "exit", code: 3, result: true }],
        [{ do: "big", bytes: 400_000 }, ...TURN],
      );
      const resumed = ids.length > 0 && chance() < 0.5 ? ["--resume", pick(...ids)] : [];
      const named = pick([], ["--name", `n ${count}`], ["--tag", pick("a", "A", "ä")]);
      const plain = ["hi", "--no-auto-resume", ...resumed, ...named];
      await mock(home, steps, [...plain, ...pick([], ["-o", "json"])]);
      ids.push(idOf(home));
      const id = pick(...ids);
      const change = pick([], ["delete", id], ["update", id, "--description", "x".repeat(count)]);
      if (change.length > 0) await home.zag(["session", ...change]);
    }
    await look(home);
    const before = books(home);
    assert(before.sessions.length > 2 && before.usage.length > 2);
    await loseIndex(home);
    await look(home);
    assertEquals(books(home), before);
  }),
);
