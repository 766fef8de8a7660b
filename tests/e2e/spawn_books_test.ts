/** What is seen of sessions in the background that have not begun, and what is kept of those that ended. */
import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { Output } from "./follow_support.ts";
import {
  agentOf,
  alive,
  ended,
  endOf,
  exists,
  inCharge,
  rowOf,
  runOf,
  spawn,
} from "./spawn_support.ts";
import { inHome, jsonLines, replay, script, standIn, waitFor } from "./support.ts";

/** A session that waits for one whose agent hangs. */
async function waiting(home: TestHome): Promise<{ first: string; second: string }> {
  const first = await spawn(home, ["--name", "first", "x"], [{ do: "hang" }]);
  await agentOf(home, first);
  const flags = ["--depends-on", first, "--name", "second", "--tag", "t", "--description", "d"];
  const second = await spawn(home, [...flags, "look for clues"], [{ do: "say", text: "found" }]);
  await inCharge(home, second);
  return { first, second };
}

Deno.test(
  "commands that read sessions tell of one that waits for others as of one that runs",
  inHome(async (home) => {
    const { first, second } = await waiting(home);
    const zag = async (...args: string[]) => {
      const { code, stdout, stderr } = await home.zag(args);
      assertEquals([args, code, stderr], [args, 0, ""]);
      return stdout;
    };
    assertEquals(await zag("status", second), "running\n");
    const status = JSON.parse(await zag("status", second, "--json"));
    assertEquals([status.status, status.error], ["running", undefined]);
    const show = JSON.parse(await zag("session", "show", second, "--json"));
    assertEquals([show.dependencies, show.status], [[first], "running"]);
    assertStringIncludes(await zag("session", "show", second), first);
    const types = jsonLines(await zag("events", second, "--json")).map(({ type }) => type);
    assertEquals(types, ["session_meta", "user_message"]);
    const summary = JSON.parse(await zag("summary", second, "--json"));
    assertEquals([summary.status, summary.turns], ["running", 1]);
    assertStringIncludes(await zag("search", "clues", "--quiet"), "clues");
    const list = JSON.parse(await zag("session", "list", "--json", "--name", "second"));
    assertEquals(list[0].status, "running");
    const ps = JSON.parse(await zag("ps", "list", "--running", "--json"));
    assertEquals(ps.length, 2);
    const output = await home.zag(["output", second]);
    assertEquals(output.stdout, "");
    assert(output.code === 0 || output.stderr !== "");
    const gc = JSON.parse(await zag("gc", "--json", "--older-than", "1s"));
    assertEquals([gc.spawn_logs_removed, gc.session_logs_removed], [0, 0]);
    const resumed = await home.zag(["exec", "more", "--resume", second]);
    assertEquals(resumed.code, 1);
    assertStringIncludes(resumed.stderr, "it is running");
    await home.zag(["cancel", first]);
  }),
);

Deno.test(
  "listen follows a session that has not begun to its end",
  inHome(async (home) => {
    const go = `while ! [ -e '${home.path}/go' ]; do sleep 0.02; done`;
    const first = await spawn(home, ["x"], [{ do: "run", command: ["sh", "-c", go] }]);
    const second = await spawn(home, ["--depends-on", first, "x"], [{ do: "say", text: "found" }]);
    const child = home.spawn(["listen", second]);
    const out = new Output(child.stdout);
    const err = new Output(child.stderr);
    await inCharge(home, second);
    await Deno.writeTextFile(`${home.path}/go`, "");
    await out.waitFor("found");
    assertEquals((await child.status).code, 0);
    await Promise.all([out.rest(), err.rest()]);
    assertEquals(await ended(home, second), 0);
  }),
);

/** Sessions and processes without what changes by itself, and what only the index knows. */
function books(home: TestHome): unknown {
  const sessions = home.rows("sessions").map(({ heartbeat_at: _, ...row }) => row)
    .sort((a, b) => String(a.session_id) < String(b.session_id) ? -1 : 1);
  const processes = home.rows("processes").filter(({ status }) => status === "running")
    .map(({ id, owner_pid, owner_start, session_id }) => [id, owner_pid, owner_start, session_id])
    .sort();
  return { sessions, processes };
}

async function rebuild(home: TestHome): Promise<void> {
  for (const part of ["", "-wal", "-shm"]) {
    await Deno.remove(`${home.path}/.zag/zag.db${part}`).catch(() => {});
  }
  const { code, stderr } = await home.zag(["session", "list"]);
  assertEquals([code, stderr], [0, ""]);
}

Deno.test(
  "a rebuild gives back sessions that wait, have failed before they began, and had to be chosen",
  inHome(async (home) => {
    const failing = await spawn(home, ["x"], [{ do: "error", message: "no", fatal: true }]);
    const never = await spawn(home, ["--depends-on", failing, "x"]);
    assertEquals(await ended(home, never), 1);
    const cut = await spawn(home, ["x"], [{ do: "say", text: "x" }]);
    assertEquals(await ended(home, cut), 0);
    await home.zag(["spawn", "-p", "mock", "x"], { env: { ZAG_BIN: "/nonexistent" } });
    await standIn(home, replay("simple"));
    await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"auto": {"provider": "mock"}}');
    const auto = await home.zag(["spawn", "-p", "auto", "x"], {
      env: { ZAG_CLAUDE_ALLOW_PRINT: "1", ...script([{ do: "say", text: "claude" }]) },
    });
    assertEquals(await ended(home, auto.stdout.trim()), 0);
    assertEquals(rowOf(home, auto.stdout.trim()).provider, "claude");
    const { first, second } = await waiting(home);
    const before = books(home);
    assertEquals((before as { processes: unknown[] }).processes.length, 2);
    await rebuild(home);
    assertEquals(books(home), before);
    assertEquals((await home.zag(["status", second])).stdout, "running\n");
    // Both go on, and end in the new index.
    await home.zag(["cancel", first, "--reason", "r"]);
    assertEquals(await ended(home, second), 1);
    assertMatch(String(endOf(home, second)[1]), /was cancelled: r$/);
    await waitFor(
      "the books to be closed",
      () => home.rows("processes").every(({ status }) => status !== "running") || undefined,
    );
    const after = books(home);
    await rebuild(home);
    assertEquals(books(home), after);
  }),
);

Deno.test(
  "a session that waits begins also when the index was made again meanwhile",
  inHome(async (home) => {
    const go = `while ! [ -e '${home.path}/go' ]; do sleep 0.02; done`;
    const first = await spawn(home, ["x"], [{ do: "run", command: ["sh", "-c", go] }]);
    const second = await spawn(home, ["--depends-on", first, "x"], [{ do: "say", text: "found" }]);
    await inCharge(home, second);
    await agentOf(home, first);
    await rebuild(home);
    await Deno.writeTextFile(`${home.path}/go`, "");
    assertEquals(await ended(home, first, second), 0);
    assertEquals([rowOf(home, second).outcome, runOf(home, second).status], ["success", "exited"]);
    assertEquals((await home.zag(["output", second])).stdout, "found\n");
  }),
);

Deno.test({
  name: "gc removes the spawn logs of old sessions that ended, and of none that is there",
  ignore: Deno.build.os === "windows",
  fn: inHome(async (home) => {
    const done = await spawn(home, ["x"], [{ do: "say", text: "x" }]);
    assertEquals(await ended(home, done), 0);
    await waitFor("its zag to end", () => !alive(Number(runOf(home, done).owner_pid)) || undefined);
    const { first, second } = await waiting(home);
    const log = (id: string) => `${home.path}/.zag/logs/spawn/${id}.log`;
    for (const id of [done, first, second]) assert(exists(log(id)));
    const db = new DatabaseSync(`${home.path}/.zag/zag.db`, { timeout: 10_000 });
    const at = new Date(Date.now() - 30 * 24 * 3600 * 1000);
    db.prepare("UPDATE sessions SET created_at = ?1, started_at = ?1").run(at.toISOString());
    db.prepare("UPDATE sessions SET ended_at = ? WHERE ended_at IS NOT NULL").run(at.toISOString());
    db.prepare("UPDATE processes SET started_at = ?").run(at.toISOString());
    db.close();
    for (const id of [done, first, second]) await Deno.utime(log(id), at, at);
    for (const path of await home.logPaths()) await Deno.utime(path, at, at);
    const { code, stdout } = await home.zag(["gc", "--force", "--json"]);
    assertEquals([code, JSON.parse(stdout).spawn_logs_removed], [0, 1]);
    assertEquals([done, first, second].map((id) => exists(log(id))), [false, true, true]);
    await home.zag(["cancel", first]);
    assertEquals(await ended(home, second), 1);
  }),
});
