/**
 * Commands where very many sessions have been. `ZAG_TEST_SESSIONS` sets how many; the aim is 10,000.
 */
import { filledHome } from "../../scripts/bench/fill_store.ts";
import { zagPaths } from "../../src/config/paths.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sizeOf } from "../support/size.ts";
import type { TestHome } from "../support/zag.ts";
import { jsonLines, leftovers } from "./support.ts";

const SESSIONS = sizeOf("ZAG_TEST_SESSIONS", 300);

/** What zag says where it takes long enough to be worth a word. */
const REBUILT = "warning: the session index is made again from the logs\n";

/** Runs a command that has to succeed without any other word on stderr. */
async function run(home: TestHome, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.zag(args);
  assertEquals([code, stderr.replace(REBUILT, "")], [0, ""], args.join(" "));
  return stdout;
}

/** Rows without what only a zag knows that was long at work, in the order of their ids. */
const byId = (rows: readonly Record<string, unknown>[]) =>
  rows.map(({ heartbeat_at: _, ...row }) => row)
    .sort((a, b) => String(a.session_id).localeCompare(String(b.session_id)));

Deno.test(`commands are right about ${SESSIONS} sessions`, async () => {
  await using filled = await filledHome(SESSIONS);
  const { home, ids } = filled;
  const middle = Math.floor(SESSIONS / 2);
  const [oldest, old] = [ids[0]!, ids[middle]!];

  const newest = crypto.randomUUID();
  const answer = await run(home, "-p", "mock", "exec", "a hidden needle", "--session", newest);
  assertEquals(answer, "a hidden needle\n");
  // The agent knows the one that is gone on with, too.
  const agent = zagPaths({ get: (name) => name === "HOME" ? home.path : undefined })
    .agentState("mock");
  const kept = await Deno.readTextFile(`${agent}/${newest}.jsonl`);
  await Deno.writeTextFile(`${agent}/${old}.jsonl`, kept.replaceAll(newest, old));
  const gone = `session ${middle}`;
  assertEquals(await run(home, "exec", "more needles", "--resume", gone), "more needles\n");

  type Listed = { session_id: string; name: string | null };
  const list = async (...args: string[]): Promise<Listed[]> =>
    JSON.parse(await run(home, "session", "list", "--json", ...args));
  const all = await list();
  assertEquals(all.map(({ session_id }) => session_id), [newest, ...ids.toReversed()]);
  assertEquals((await list("-n", "20")).map(({ session_id }) => session_id), [
    newest,
    ...ids.slice(-19).toReversed(),
  ]);
  const tagged = await list("--tag", "tag-7");
  assertEquals(tagged.length, ids.filter((_, index) => index % 10 === 7).length);

  const shown = JSON.parse(await run(home, "session", "show", oldest, "--json"));
  assertEquals([shown.session_id, shown.name, shown.status], [oldest, "session 0", "completed"]);
  assertEquals(await run(home, "status", old), "completed\n");
  const output = await run(home, "output", oldest);
  assertEquals(output, `${"word ".repeat(100)}\n`);

  const found = jsonLines(await run(home, "-q", "search", "needle", "--json"));
  const sessions = new Set(found.map(({ session_id }) => session_id));
  assertEquals([...sessions].sort(), [newest, old].sort());
  // What a rare word is, and what a word is that is everywhere.
  assertEquals(await run(home, "-q", "search", "word", "--count"), `${SESSIONS}\n`);
  await run(home, "-q", "search", "needle", "--index");
  assertEquals(await run(home, "-q", "search", "word", "--count"), `${SESSIONS}\n`);

  const { total } = JSON.parse(await run(home, "cost", "--json"));
  assertEquals([total.sessions, total.reports], [SESSIONS + 1, SESSIONS + 2]);

  const before = home.rows("sessions");
  const olderThan12h = () => {
    const limit = new Date(Date.now() - 12 * 60 * 60 * 1000).toISOString();
    return before.filter(({ ended_at }) => String(ended_at) < limit).length;
  };
  const atLeast = olderThan12h();
  const garbage = JSON.parse(await run(home, "gc", "--older-than", "12h", "--json"));
  const { session_logs_removed: logs, session_records_removed: records } = garbage;
  assert(atLeast <= records && records <= olderThan12h(), `${records} of ${atLeast} go`);
  assertEquals([garbage.dry_run, logs], [true, records]);
  assertEquals(home.rows("sessions"), before, "nothing is removed without --force");

  for (const part of ["", "-wal", "-shm"]) {
    await Deno.remove(`${home.path}/.zag/zag.db${part}`).catch(() => {});
  }
  assertEquals(await list(), all);
  assertEquals(byId(home.rows("sessions")), byId(before));
  assertEquals((await home.logPaths()).length, SESSIONS + 1);
  assertEquals(await leftovers(home), []);
});
