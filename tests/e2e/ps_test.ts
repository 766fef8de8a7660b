/** `zag ps list` and `zag ps show`, on agents that are at work. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { FORKS, killTogether, recordRun, runs, working } from "./ps_support.ts";
import { inHome, isAlive, leftovers, script, waitFor } from "./support.ts";

/** A run as `ps list --json` prints it. */
interface Info {
  id: string;
  pid: number;
  prompt: string;
  live_status: string;
  parent_process_id: string | null;
  processes: { pid: number; started_at: string; command: string }[];
}

async function list(home: TestHome, ...args: string[]): Promise<Info[]> {
  const { code, stdout, stderr } = await home.zag(["ps", ...args, "--json"]);
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(stdout);
}

/** An agent that starts two others, one of which starts another one; all are at work at the end. */
async function family(home: TestHome): Promise<Map<string, Info>> {
  const start = (prompt: string, inner: string, others = "") =>
    `${others} ZAG_MOCK_SCRIPT="$${inner}" exec zag -p mock exec ${prompt}`;
  const run = (line: string) =>
    script([{ do: "run", command: ["sh", "-c", line] }, { do: "hang" }]);
  const leaf = script([{ do: "hang" }]).ZAG_MOCK_SCRIPT;
  const middle = run(start("grandchild", "LEAF")).ZAG_MOCK_SCRIPT;
  const both = `(${start("second", "LEAF")}) & ${start("first", "MIDDLE")}`;
  home.spawn(["-p", "mock", "exec", "parent"], {
    env: { ...run(both), LEAF: leaf, MIDDLE: middle },
    stdio: { stdout: "null", stderr: "null" },
  }).unref();
  await waitFor(
    "all agents",
    () => runs(home).filter(({ agent_pid }) => agent_pid !== null).length === 4 || undefined,
  );
  return new Map((await list(home)).map((info) => [info.prompt, info]));
}

Deno.test(
  "ps list draws real sessions below those whose agents started them, and kill ends all of them",
  inHome(async (home) => {
    const known = await family(home);
    const [parent, first, second, grandchild] = ["parent", "first", "second", "grandchild"]
      .map((prompt) => known.get(prompt)!) as [Info, Info, Info, Info];
    assertEquals([first, second, grandchild].map((info) => info.parent_process_id), [
      parent.id,
      parent.id,
      first.id,
    ]);
    const { stdout } = await home.zag(["ps"]);
    const lines = stdout.split("\n").slice(1, -1);
    const leads = new Map(lines.map((line) => {
      const [, lead, id] = /^(\W*)([0-9a-f-]{36})/.exec(line)!;
      return [id, lead];
    }));
    assertEquals([...leads.keys()][0], parent.id);
    assertEquals(leads.get(parent.id), "");
    assertMatch(leads.get(first.id)!, /^[├└]─ $/);
    assertMatch(leads.get(second.id)!, /^[├└]─ $/);
    assertMatch(leads.get(grandchild.id)!, /^[│ ] {2}└─ $/);

    const below = await list(home, "--children", parent.id.slice(0, 8), "--running");
    assertEquals(
      new Set(below.map(({ prompt }) => prompt)),
      new Set(["first", "second", "grandchild"]),
    );
    assertEquals((await list(home, "--children", first.id)).map(({ id }) => id), [grandchild.id]);
    const show = await home.zag(["ps", "show", parent.id]);
    assertStringIncludes(show.stdout, `${first.id} running mock exec`);
    for (const { pid } of known.values()) assertStringIncludes(show.stdout, `${pid} `);

    assertEquals((await home.zag(["ps", "kill", String(parent.pid)])).code, 0);
    for (const { pid } of known.values()) assertEquals(await isAlive(pid), false);
    assertEquals(await leftovers(home), []);
    assertEquals(await list(home, "--running"), []);
    assertEquals(home.rows("processes").filter(({ status }) => status === "running"), []);
  }),
);

Deno.test(
  "ps list --orphans shows what a killed zag has left behind, and ends nothing",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home);
    assertEquals(await list(home, "--orphans"), []);
    zag.kill("SIGKILL");
    await ended;
    const living = await leftovers(home, 0);
    assert(living.length > FORKS.length);
    for (let round = 0; round < 2; round++) {
      const [orphan, ...others] = await list(home, "--orphans");
      assertEquals([orphan!.id, orphan!.live_status, others], [run.id, "running", []]);
      const shown = orphan!.processes.map(({ pid, command }) => `${pid} ${command}`);
      assertEquals(shown.sort(), living.sort());
      for (const { started_at } of orphan!.processes) {
        const age = Date.now() - Date.parse(started_at);
        assert(age > -2000 && age < 600_000, started_at);
      }
    }
    const { stdout } = await home.zag(["ps", "list", "--orphans"]);
    assertStringIncludes(stdout, "COMMAND");
    for (const line of living) assertStringIncludes(stdout, line.slice(line.indexOf(" ") + 1));
    // Any other command ends them.
    const [listed] = await list(home);
    assertEquals([listed!.id, listed!.live_status], [run.id, "dead"]);
    assertEquals(await leftovers(home), []);
    assertEquals((await home.zag(["ps", "--orphans"])).stdout, "No processes found.\n");
  }),
);

Deno.test(
  "ps list knows a run that was killed together with its zag as dead",
  inHome(async (home) => {
    const { run, ended, zag } = await working(home, [{ do: "hang" }]);
    await killTogether({ run, ended, zag });
    const other = recordRun(home, { status: "exited", exitCode: 0 }, { outcome: "success" });
    assertEquals((await list(home)).map(({ id, live_status }) => [id, live_status]), [
      [other.id, "exited"],
      [run.id, "dead"],
    ]);
  }),
);
