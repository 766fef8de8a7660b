/** `zag gc` on what real sessions leave behind. `ZAG_TEST_GC_RACES` sets how many are resumed meanwhile. */
import { DatabaseSync } from "node:sqlite";
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { sizeOf } from "../support/size.ts";
import type { TestHome } from "../support/zag.ts";
import { soundLog } from "./faults_support.ts";
import { inHome, mock, script, waitFor } from "./support.ts";

const RACES = sizeOf("ZAG_TEST_GC_RACES", 4);
const UNIX = Deno.build.os !== "windows";

const OLD = new Date(Date.now() - 30 * 24 * 60 * 60 * 1000);

/** Makes sessions and all files around them a month old. */
async function makeOld(home: TestHome): Promise<void> {
  const db = new DatabaseSync(`${home.path}/.zag/zag.db`, { timeout: 10_000 });
  const at = OLD.toISOString();
  db.prepare("UPDATE sessions SET created_at = ?1, started_at = ?1, heartbeat_at = NULL").run(at);
  db.prepare("UPDATE sessions SET ended_at = ? WHERE ended_at IS NOT NULL").run(at);
  db.prepare("UPDATE processes SET started_at = ?").run(at);
  db.prepare("UPDATE processes SET exited_at = ? WHERE exited_at IS NOT NULL").run(at);
  db.close();
  for (const path of await filesOf(home)) await Deno.utime(path, OLD, OLD);
}

/** What zag keeps of sessions, and nothing that it keeps for good. */
async function filesOf(home: TestHome): Promise<string[]> {
  const { stdout } = await new Deno.Command("find", {
    args: [`${home.path}/.zag`, "-type", "f", "-not", "-name", "zag.db*"],
  }).output();
  const kept = /\/shims\/|\/\.pruned$|\/probes\.json$/;
  return new TextDecoder().decode(stdout).split("\n").filter((path) => path && !kept.test(path));
}

async function gc(home: TestHome, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await home.zag(["gc", "--json", ...args]);
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(stdout);
}

Deno.test({
  name: "gc --force removes everything of an old session, and nothing of one of today",
  ignore: !UNIX,
  fn: inHome(async (home) => {
    // So much has no room in the log: it is kept beside it.
    await mock(home, [{ do: "big", bytes: 300_000 }]);
    const kept = await filesOf(home);
    assert(kept.some((path) => path.endsWith(".overflow")), kept.join("\n"));
    await makeOld(home);
    await mock(home, [{ do: "say", text: "new" }]);
    const before = (await filesOf(home)).length;
    const dry = await gc(home);
    assertEquals([dry.session_logs_removed, dry.lifecycle_markers_removed], [1, 2]);
    assertEquals([(await filesOf(home)).length, home.rows("sessions").length], [before, 2]);
    const { dry_run: _dry, ...counts } = dry;
    const { dry_run: _forced, ...removed } = await gc(home, "--force");
    assertEquals(removed, counts);
    const [session, ...others] = home.rows("sessions");
    assertEquals(others, []);
    const left = await filesOf(home);
    // Its log, its markers, and what the agent remembers.
    assertEquals(left.length, 4, left.join("\n"));
    assert(left.every((path) => path.includes(String(session?.session_id))), left.join("\n"));
    assertEquals((await home.zag(["gc", "--older-than", "1d"])).stdout, "Nothing to clean up.\n");
  }),
});

Deno.test({
  name: "gc leaves what it removed gone when the index is made again, and the costs counted",
  ignore: !UNIX,
  fn: inHome(async (home) => {
    const steps: Step[] = [
      { do: "usage", input_tokens: 7, output_tokens: 5, cost_usd: 0.25 },
      { do: "say", text: "hello" },
    ];
    await mock(home, steps);
    await makeOld(home);
    await gc(home, "--force");
    const { stdout } = await home.zag(["cost", "--json", "--from", "1d"]);
    assertMatch(stdout, /0\.25/);
    await Deno.remove(`${home.path}/.zag/zag.db`);
    await mock(home, [{ do: "say", text: "new" }]);
    assertEquals(home.rows("sessions").length, 1);
  }),
});

Deno.test({
  name: "gc --force takes nothing away from a session that runs, however old it looks",
  ignore: !UNIX,
  fn: inHome(async (home) => {
    const go = `${home.path}/go`;
    const child = home.spawn(["-p", "mock", "exec", "hi"], {
      env: script([
        { do: "say", text: "before" },
        { do: "run", command: ["sh", "-c", `until [ -e ${go} ]; do sleep 0.02; done`] },
        { do: "say", text: "after" },
      ]),
    });
    const output = child.output();
    const isAtWork = async () => {
      const [path] = await home.logPaths();
      return path && (await Deno.readTextFile(path)).includes('"before"') || undefined;
    };
    await waitFor("the first message", isAtWork);
    await makeOld(home);
    const before = await filesOf(home);
    assert(before.some((path) => path.includes("/sessions/")));
    const report = await gc(home, "--force", "--older-than", "1s", "--max-size", "0");
    await Deno.writeTextFile(go, "");
    const { code, stdout } = await output;
    assertEquals(report.failed, []);
    const counts = Object.entries(report).filter(([key]) => /_removed$/.test(key));
    assertEquals(counts.filter(([, count]) => count !== 0), []);
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "before\n\nafter\n"]);
    const [path] = await home.logPaths();
    const log = await soundLog(path!);
    assertEquals([log.at(0)?.type, log.at(-1)?.type], ["session_started", "session_ended"]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
  }),
});

Deno.test({
  name: "gc and the resumption of what it wants to remove do each other no harm",
  ignore: !UNIX,
  fn: inHome(async (home) => {
    const ids = Array.from({ length: RACES }, () => crypto.randomUUID());
    for (const id of ids) await mock(home, [{ do: "say", text: "one" }], ["hi", "--session", id]);
    await makeOld(home);
    const collect = () => home.zag(["gc", "--force", "--json"]);
    const resume = (id: string) => home.zag(["-p", "mock", "exec", "again", "--resume", id]);
    const [collections, runs] = await Promise.all([
      Promise.all([collect(), collect()]),
      Promise.all(ids.map(resume)),
    ]);
    for (const { code, stderr } of collections) assertEquals([code, stderr], [0, ""]);
    const recorded = new Map(home.rows("sessions").map((row) => [row.session_id, row]));
    for (const [index, { code, stdout, stderr }] of runs.entries()) {
      const id = ids[index]!;
      if (code !== 0) {
        // It was gone before anybody looked for it.
        assertMatch(stderr, /Cannot find session|is no id/);
        assertEquals(recorded.has(id), false);
        continue;
      }
      assertEquals([stdout, stderr], ["again\n", ""]);
      assertEquals(recorded.get(id)?.outcome, "success");
      const log = await Deno.readTextFile(String(recorded.get(id)?.log_path));
      assertMatch(log, /"again"[\s\S]*"session_ended"/);
    }
    assertEquals((await gc(home)).session_logs_removed, 0);
  }),
});

Deno.test({
  name: "an answer that is too long for a line of the log is read whole, and gc removes all of it",
  ignore: !UNIX,
  fn: inHome(async (home) => {
    const answer = "0123456789abcdéf".repeat(40_000);
    const path = `${home.path}/script.json`;
    const steps: Step[] = [{ do: "say", text: answer }];
    await Deno.writeTextFile(path, JSON.stringify({ turns: [{ steps }] }));
    const env = { ZAG_MOCK_SCRIPT: path };
    const { code, stdout } = await home.zag(["-p", "mock", "exec", "hi"], { env });
    assertEquals([code, stdout.length], [0, answer.length + 1]);
    const [log] = await home.logPaths();
    assert((await Deno.stat(log!)).size < answer.length);
    const output = await home.zag(["output", "--latest"]);
    assertEquals(output.stdout.trimEnd() === answer, true, output.stderr);
    await makeOld(home);
    const { bytes } = await gc(home, "--force");
    assert(Number(bytes) > answer.length, `${bytes} bytes`);
    assertEquals(await filesOf(home), []);
  }),
});
