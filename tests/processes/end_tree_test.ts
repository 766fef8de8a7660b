import { endTree, type EndTreeOptions } from "../../src/processes/end_tree.ts";
import { collectTree } from "../../src/processes/tree.ts";
import {
  type ProcessIdentity,
  readProcesses,
  startTimeOf,
} from "../../src/processes/process_table.ts";
import { startSubprocess, type Subprocess } from "../../src/processes/subprocess.ts";
import { assert, assertEquals, assertExists } from "../support/assert.ts";
import { canRun, eventually, isStillAlive, withProgram } from "./support.ts";

interface Row {
  readonly file: string;
  readonly detached?: boolean;
  readonly options?: Partial<EndTreeOptions>;
  /** Processes that must have been ended, the root included. */
  readonly ended: number;
  readonly exit: { code: number; signal: string | null };
}

const TERM = { code: 143, signal: "SIGTERM" };
const KILL = { code: 137, signal: "SIGKILL" };

const ROWS: readonly Row[] = [
  { file: "never_ends.sh", ended: 1, exit: TERM },
  { file: "never_ends.sh", detached: false, ended: 1, exit: TERM },
  {
    file: "never_ends.sh",
    options: { firstSignal: "SIGHUP" },
    ended: 1,
    exit: { code: 129, signal: "SIGHUP" },
  },
  { file: "ignores_term.sh", options: { graceMs: 100 }, ended: 3, exit: KILL },
  { file: "ignores_term.sh", detached: false, options: { graceMs: 100 }, ended: 3, exit: KILL },
  { file: "tools.sh", ended: 4, exit: TERM },
  { file: "tools.sh", detached: false, ended: 4, exit: TERM },
  { file: "tool_groups.bash", ended: 3, exit: TERM },
  { file: "hops.sh", options: { graceMs: 0 }, ended: 1, exit: KILL },
  { file: "own_session.ts", ended: 3, exit: TERM },
  { file: "own_session.ts", detached: false, ended: 3, exit: TERM },
  { file: "closes_stdout.sh", ended: 1, exit: TERM },
  { file: "clears_environment.sh", ended: 2, exit: TERM },
  { file: "clears_environment.sh", detached: false, ended: 2, exit: TERM },
  { file: "forks_on_term.sh", ended: 2, exit: { code: 3, signal: null } },
  { file: "cleans_up.sh", ended: 1, exit: { code: 7, signal: null } },
  { file: "stops_itself.sh", ended: 1, exit: { code: 9, signal: null } },
  {
    file: "counts_signals.sh",
    options: { firstSignal: "SIGINT" },
    ended: 1,
    exit: { code: 1, signal: null },
  },
];

for (const { file, detached = true, options, ended, exit } of ROWS) {
  const how = [detached ? "" : "attached ", options ? JSON.stringify(options) : ""].join("");
  const name = `endTree() leaves nothing of ${how}${file}`;
  Deno.test({ name, ignore: !canRun(file) }, async () => {
    await withProgram(file, { detached }, async ({ child, marker, processes }) => {
      if (file === "stops_itself.sh") await eventually(() => isStopped(child.pid));
      // What complies may take its time for that, on a machine with much to do.
      const graceMs = 60_000;
      const result = await endTree(child.identity, { detached, marker, graceMs, ...options });
      assertEquals(result.survivors, []);
      assert(result.ended >= ended, `only ${result.ended} of ${ended} were ended`);
      for (const identity of Object.values(processes)) assertEquals(isStillAlive(identity), false);
      assertEquals(await child.exit, exit);
    });
  });
}

Deno.test("endTree() finds a child that outlives its parent by its group", async () => {
  await withProgram("outlives_parent.sh", {}, async ({ child, processes }) => {
    await child.exit;
    assert(isStillAlive(processes.child!));
    assertEquals(await endTree(child.identity, { detached: true }), { ended: 1, survivors: [] });
    assertEquals(isStillAlive(processes.child!), false);
  });
});

Deno.test("endTree() finds a child that outlives its parent by its marker", async () => {
  await withProgram("outlives_parent.sh", { detached: false }, async (program) => {
    const { child, processes, marker } = program;
    await child.exit;
    assertEquals(await endTree(child.identity, { detached: false }), { ended: 0, survivors: [] });
    assert(isStillAlive(processes.child!));
    const ended = await endTree(child.identity, { detached: false, marker });
    assertEquals(ended, { ended: 1, survivors: [] });
  });
});

Deno.test("endTree() leaves the group of an ended root alone when it is not trusted", async () => {
  await withProgram("outlives_parent.sh", {}, async ({ child, processes }) => {
    await child.exit;
    const options = { detached: true, trustGroup: false };
    assertEquals(await endTree(child.identity, options), { ended: 0, survivors: [] });
    assert(isStillAlive(processes.child!));
    await endTree(processes.child!, { detached: false });
  });
});

Deno.test("endTree() never signals a process that got the pid later", async () => {
  await withProgram("tools.sh", {}, async ({ child, processes }) => {
    const earlier = { pid: child.pid, startTime: earlierStart(child.identity) };
    const options = { detached: true, graceMs: 0 };
    assertEquals(await collectTree(earlier), []);
    assertEquals(await endTree(earlier, options), { ended: 0, survivors: [] });
    const otherBoot = child.identity.startTime.replace(/^proc:[0-9a-f]{8}/, "proc:00000000");
    for (const startTime of ["unknown", "", "nonsense", "proc:", otherBoot]) {
      if (startTime === child.identity.startTime) continue;
      const ended = await endTree({ pid: child.pid, startTime }, options);
      assertEquals(ended, { ended: 0, survivors: [] });
    }
    for (const identity of Object.values(processes)) assert(isStillAlive(identity));
    await endTree(child.identity, options);
  });
});

Deno.test("endTree() spares the processes that it is told to, and their descendants", async () => {
  await withProgram("tools.sh", {}, async ({ child, marker, processes }) => {
    const { root, first, second, grandchild } = processes;
    assertExists(second);
    const ended = await endTree(child.identity, {
      detached: true,
      marker,
      sparePids: [second.pid],
      graceMs: 60_000,
    });
    assertEquals(ended, { ended: 2, survivors: [] });
    assertEquals([root!, first!, second, grandchild!].map(isStillAlive), [
      false,
      false,
      true,
      true,
    ]);
    await endTree(second, { detached: false, marker });
  });
});

Deno.test("endTree() does not spare the root for the sake of a spared owner", async () => {
  await withProgram("never_ends.sh", {}, async ({ child }) => {
    const options = { detached: true, sparePids: [Deno.pid] };
    assertEquals(await endTree(child.identity, options), { ended: 1, survivors: [] });
  });
});

Deno.test("endTree() spares others in the group of an attached root", async () => {
  const bystander = sleeper({ detached: false });
  try {
    await withProgram("ignores_term.sh", { detached: false }, async ({ child, marker }) => {
      const groups = await readProcesses([Deno.pid, child.pid, bystander.pid]);
      assertEquals(new Set([...groups.values()].map(({ pgid }) => pgid)).size, 1);
      await endTree(child.identity, { detached: false, marker, graceMs: 50 });
      assert(isStillAlive(bystander.identity));
    });
  } finally {
    bystander.kill("SIGKILL");
    await bystander.exit;
  }
});

Deno.test("endTree() of one tool leaves the other tools alone", async () => {
  await withProgram("tools.sh", {}, async ({ child, processes }) => {
    const ended = await endTree(processes.first!, { detached: true });
    assertEquals(ended, { ended: 1, survivors: [] });
    assert(isStillAlive(processes.second!));
    await endTree(child.identity, { detached: true });
  });
});

Deno.test("endTree() kills at once when its signal is aborted", async () => {
  await withProgram("refuses_term.sh", {}, async ({ child, marker, output, outputEnd }) => {
    const urgent = new AbortController();
    const { signal } = urgent;
    const ending = endTree(child.identity, { detached: true, marker, graceMs: 3_600_000, signal });
    await eventually(() => output().includes("refused"));
    urgent.abort();
    assertEquals((await ending).survivors, []);
    assertEquals((await child.exit).signal, "SIGKILL");
    await outputEnd;
    assertEquals(output(), "ready\nrefused\n");
  });
});

Deno.test("endTree() skips the first signal when its signal was aborted before", async () => {
  await withProgram("never_ends.sh", {}, async ({ child }) => {
    const ended = await endTree(child.identity, { detached: true, signal: AbortSignal.abort() });
    assertEquals(ended.survivors, []);
    assertEquals((await child.exit).signal, "SIGKILL");
  });
});

Deno.test("endTree() has nothing to do for a process that is gone", async () => {
  const child = sleeper({ detached: true });
  child.kill("SIGKILL");
  await child.exit;
  const marker = `ZAG_TEST_MARK=${crypto.randomUUID()}`;
  assertEquals(await endTree(child.identity, { detached: true, marker }), {
    ended: 0,
    survivors: [],
  });
});

Deno.test("collectTree() names the root first and never this program", async () => {
  await withProgram("own_session.ts", {}, async ({ child, marker, processes }) => {
    const tree = await collectTree(child.identity, { marker });
    assertEquals(tree[0], child.identity);
    assertEquals(pidsOf(tree), pidsOf(Object.values(processes)));
    const own = { pid: Deno.pid, startTime: startTimeOf(Deno.pid)! };
    assertEquals(pidsOf(await collectTree(own)).includes(Deno.pid), false);
    await endTree(child.identity, { detached: true, marker });
  });
});

Deno.test("collectTree() wants the whole entry for a marker", async () => {
  await withProgram("never_ends.sh", {}, async ({ child, marker }) => {
    const nobody = { pid: 2 ** 22 + 1, startTime: child.identity.startTime };
    assertEquals(await collectTree(nobody, { marker }), [child.identity]);
    assertEquals(await collectTree(nobody, { marker: marker.slice(0, -1) }), []);
    assertEquals(await collectTree(nobody, { marker: marker.slice(1) }), []);
    await endTree(child.identity, { detached: true });
  });
});

function pidsOf(identities: readonly ProcessIdentity[]): number[] {
  return identities.map(({ pid }) => pid).sort((a, b) => a - b);
}

function earlierStart({ startTime }: ProcessIdentity): string {
  return startTime.replace(/\d+$/, (value) => String(Number(value) - 500));
}

async function isStopped(pid: number): Promise<boolean> {
  return (await readProcesses([pid])).get(pid)?.state.startsWith("T") ?? false;
}

function sleeper({ detached }: { detached: boolean }): Subprocess {
  return startSubprocess({
    program: "sleep",
    args: ["300"],
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    detached,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
}
