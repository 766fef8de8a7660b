/** `zag session import` as a process: killed, interrupted, twice at once; and what others make of it. */
import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import {
  NATIVE_SESSIONS,
  nativeLines,
  type NativeSession,
  readLogFile,
  said,
  writeFile,
} from "../support/native_sessions.ts";
import { sizeOf } from "../support/size.ts";
import { TestHome } from "../support/zag.ts";
import { chances } from "./faults_support.ts";

async function plant(home: TestHome, session: NativeSession): Promise<string[]> {
  const lines = await nativeLines(session, home.work);
  await writeFile(`${home.path}/${session.file}`, lines.map((line) => line + "\n").join(""));
  return lines;
}

/** Everything that an import leaves, in a form that can be compared. */
async function state(home: TestHome): Promise<unknown> {
  const logs: Record<string, unknown> = {};
  for (const path of await home.logPaths()) {
    logs[path.slice(path.lastIndexOf("/"))] = said(await readLogFile(path));
  }
  const db = new DatabaseSync(`${home.path}/.zag/zag.db`, { readOnly: true });
  const rows = ["sessions", "usage", "imports"].map((table) =>
    db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all()
  );
  db.close();
  return JSON.parse(JSON.stringify({ logs, rows }).replaceAll(home.path, "HOME"));
}

/** A child that has just ended needs no killing. */
function killQuietly(child: Deno.ChildProcess, signal: Deno.Signal = "SIGKILL"): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

const NUMBERS = { imported: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };

for (const provider of ["claude", "codex", "gemini", "copilot"]) {
  Deno.test(`session import makes sessions of ${provider}'s files that can be listed and read`, async (t) => {
    await using home = await TestHome.create();
    const sessions = NATIVE_SESSIONS.filter((session) => session.provider === provider);
    for (const session of sessions) await plant(home, session);
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await home.zag(args);
      assertEquals([code, stderr], [0, ""], args.join(" "));
      return stdout;
    };
    const imported = sessions.length;
    assertEquals(JSON.parse(await run("session", "import", "--json")), { ...NUMBERS, imported });
    const listed = JSON.parse(await run("session", "list", "--json", "--usage"));
    const before = await state(home);
    assertEquals(JSON.parse(await run("session", "import", "--json")), {
      ...NUMBERS,
      unchanged: imported,
    });
    assertEquals(await state(home), before);
    const logs: Record<string, unknown> = {};
    for (const { id, fixture } of sessions) {
      logs[fixture] = said(await readLogFile(`${home.path}/.zag/logs/sessions/${id}.jsonl`));
      const answer = (logs[fixture] as { type: string; content: string }[])
        .findLast(({ type }) => type === "assistant_message")?.content;
      assertEquals(await run("output", id), `${answer}\n`);
    }
    const text = JSON.stringify({ listed, logs }, null, 1).replaceAll(home.path, "/home/me");
    await t.assertSnapshot(text);
    // The logs alone say all of it.
    await Deno.remove(`${home.path}/.zag/zag.db`);
    assertEquals(JSON.parse(await run("session", "list", "--json", "--usage")), listed);
  });
}

/** Makes a session as long as is needed to be killed while it is read. */
async function plantLong(home: TestHome, copies: number): Promise<void> {
  for (const session of NATIVE_SESSIONS) {
    const lines = await plant(home, session);
    if (session.provider !== "claude") continue;
    const more = Array.from(
      { length: copies },
      (_, index) =>
        lines.map((line) => line.replaceAll(/"(uuid|id|tool_use_id)":"/g, `"$1":"${index}-`) + "\n")
          .join(""),
    );
    await Deno.writeTextFile(`${home.path}/${session.file}`, more.join(""), { append: true });
  }
}

Deno.test("session import comes to the same end after being killed at any moment", async () => {
  const kills = sizeOf("ZAG_TEST_IMPORT_KILLS", 12);
  const chance = chances(7);
  const COPIES = 150;
  await using whole = await TestHome.create();
  await plantLong(whole, COPIES);
  const begun = performance.now();
  assertEquals((await whole.zag(["session", "import"])).code, 0);
  const lasts = performance.now() - begun;
  const expected = await state(whole);
  await using home = await TestHome.create();
  for (let kill = 0; kill < kills; kill++) {
    await Deno.remove(`${home.path}/.zag`, { recursive: true }).catch(() => {});
    await plantLong(home, COPIES);
    const child = home.spawn(["session", "import"]);
    const timer = setTimeout(() => killQuietly(child), lasts * (0.2 + 0.8 * chance()));
    await child.output();
    clearTimeout(timer);
    for (const session of await known(home)) {
      // Nobody sees half of one.
      const log = await readLogFile(session.log_path);
      assertEquals(log.at(-1)?.type, "session_ended");
    }
    assertEquals((await home.zag(["session", "import"])).code, 0);
    assertEquals(normal(await state(home)), normal(expected), `kill ${kill}`);
    const names = await fileNames(`${home.path}/.zag/logs/sessions`);
    assertEquals(names.filter((name) => !name.endsWith(".jsonl")), []);
  }
});

/** Homes differ in their times and in the lengths of their paths; a torn line has used up its number. */
function normal(state: unknown): unknown {
  const text = JSON.stringify(state).replace(/"modified_at":"[^"]*"/g, '"modified_at":""')
    .replace(/"(seq|size)":\d+/g, '"$1":0');
  return JSON.parse(text);
}

async function known(home: TestHome): Promise<{ log_path: string }[]> {
  const exists = await Deno.stat(`${home.path}/.zag/zag.db`).then(() => true, () => false);
  if (!exists) return [];
  try {
    return home.rows("sessions") as { log_path: string }[];
  } catch {
    // It was killed before there was a table.
    return [];
  }
}

async function fileNames(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
}

Deno.test("session import goes on where it was killed while a session grew", async () => {
  const kills = sizeOf("ZAG_TEST_IMPORT_KILLS", 8);
  const chance = chances(11);
  await using home = await TestHome.create();
  await using whole = await TestHome.create();
  const session = NATIVE_SESSIONS.find(({ provider }) => provider === "claude")!;
  for (const each of [home, whole]) {
    await plant(each, session);
    await each.zag(["session", "import"]);
    await plantLong(each, 400);
  }
  const begun = performance.now();
  await whole.zag(["session", "import", "-p", "claude"]);
  const lasts = performance.now() - begun;
  for (let kill = 0; kill < kills; kill++) {
    const child = home.spawn(["session", "import", "-p", "claude"]);
    const timer = setTimeout(() => killQuietly(child), lasts * (0.3 + 0.6 * chance()));
    await child.output();
    clearTimeout(timer);
  }
  assertEquals((await home.zag(["session", "import", "-p", "claude"])).code, 0);
  assertEquals(normal(await state(home)), normal(await state(whole)));
});

Deno.test("session import doubles nothing when it is started several times at once", async () => {
  await using home = await TestHome.create();
  await plantLong(home, 20);
  const all = await Promise.all(
    Array.from({ length: 4 }, () => home.zag(["session", "import", "--json"])),
  );
  const numbers = all.map(({ stdout, code }) => {
    assertEquals(code, 0);
    return JSON.parse(stdout) as typeof NUMBERS;
  });
  const sum = (key: keyof typeof NUMBERS) => numbers.reduce((sum, each) => sum + each[key], 0);
  const count = NATIVE_SESSIONS.length;
  assertEquals([sum("imported"), sum("unchanged"), sum("failed")], [count, 3 * count, 0]);
  const before = await state(home);
  await using alone = await TestHome.create();
  await plantLong(alone, 20);
  await alone.zag(["session", "import"]);
  assertEquals(normal(before), normal(await state(alone)));
});

Deno.test("session import waits for another one, says so, and can be interrupted", async () => {
  await using home = await TestHome.create();
  await plantLong(home, 1);
  await home.zag(["session", "import", "--dry-run"]);
  using lock = await Deno.open(`${home.path}/.zag/import.lock`, { create: true, write: true });
  await lock.lock(true);
  const child = home.spawn(["session", "import"]);
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  assertStringIncludes(value ?? "", "Another import is running");
  child.kill("SIGINT");
  const { code } = await child.status;
  assertEquals(code, 130);
  assertEquals(await new Response(child.stdout).text(), "Imported 0 sessions\n");
  await reader.cancel();
});

Deno.test("session import keeps what it has done when it is interrupted", async () => {
  // A busy machine may let it come to its end first.
  let missed = 0;
  while (!await isInterrupted()) assert(++missed < 10, "it was never interrupted in time");
});

/** Interrupts an import in its second session; false where it had come to its end before. */
async function isInterrupted(): Promise<boolean> {
  await using home = await TestHome.create();
  // One session is quickly done, the other takes its time.
  const [, second, first] = NATIVE_SESSIONS as [NativeSession, NativeSession, NativeSession];
  await plant(home, first);
  const lines = await plant(home, second);
  const file = await Deno.open(`${home.path}/${second.file}`, { append: true });
  const text = new TextEncoder().encode(lines.map((line) => line + "\n").join("").repeat(3000));
  for (let at = 0; at < text.length;) at += await file.write(text.subarray(at));
  file.close();
  const child = home.spawn(["session", "import"]);
  let isOver = false;
  const output = child.output().finally(() => isOver = true);
  const temporary = `${home.path}/.zag/logs/sessions/${second.id}.jsonl.import.tmp`;
  await waitFor("the second session", () => {
    try {
      return Deno.statSync(temporary).isFile || undefined;
    } catch {
      return isOver || undefined;
    }
  });
  killQuietly(child, "SIGINT");
  const { code, stdout } = await output;
  const said = new TextDecoder().decode(stdout);
  if (said === "Imported 2 sessions\n") return false;
  assertEquals([code, said], [130, "Imported 1 session\n"]);
  assertEquals(await fileNames(`${home.path}/.zag/logs/sessions`), [`${first.id}.jsonl`]);
  const rows = home.rows("sessions");
  assertEquals(rows.map(({ session_id }) => session_id), [first.id]);
  assert(rows[0]?.ended_at);
  return true;
}
