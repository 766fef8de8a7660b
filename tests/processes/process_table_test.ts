import {
  compareStarts,
  type ProcessIdentity,
  sameStart,
} from "../../src/processes/process_info.ts";
import {
  identityStatus,
  isAlive,
  listProcesses,
  readProcesses,
  startTimeOf,
  withEnvironmentEntry,
} from "../../src/processes/process_table.ts";
import { parseProcStat, procIsChanging } from "../../src/processes/proc_table.ts";
import { listPs, parsePs, psPidsWithEntry, readPsSync } from "../../src/processes/ps_table.ts";
import { parseWindowsTable } from "../../src/processes/windows_table.ts";
import { endTree } from "../../src/processes/end_tree.ts";
import { describeProcesses } from "../../src/processes/describe.ts";
import { assert, assertEquals, assertExists, assertMatch } from "../support/assert.ts";
import { eventually, withProgram } from "./support.ts";
import { writeProgram } from "../support/program_file.ts";

Deno.test("listProcesses() knows parent, group and session", async () => {
  await withProgram("own_session.ts", {}, async ({ child, processes, marker }) => {
    const table = new Map((await listProcesses()).map((info) => [info.pid, info]));
    const root = table.get(child.pid);
    const session = table.get(processes.session!.pid);
    assertExists(root);
    assertEquals([root.ppid, root.pgid, root.sid], [Deno.pid, child.pid, child.pid]);
    assertEquals(root.startTime, child.identity.startTime);
    assertEquals(session?.ppid, child.pid);
    assertEquals(session?.pgid, processes.session!.pid);
    assertEquals(table.get(Deno.pid)?.startTime, startTimeOf(Deno.pid));
    await endTree(child.identity, { detached: true, marker });
  });
});

Deno.test("readProcesses() leaves out what does not exist", async () => {
  const table = await readProcesses([Deno.pid, 2 ** 22 + 1]);
  assertEquals([...table.keys()], [Deno.pid]);
});

Deno.test("startTimeOf() is the same at every call", () => {
  const start = startTimeOf(Deno.pid);
  assertExists(start);
  assertMatch(start, /^(proc:[0-9a-f]{8}|ps|win):\d+$/);
  assertEquals(startTimeOf(Deno.pid), start);
  assertEquals(startTimeOf(2 ** 22 + 1), undefined);
});

Deno.test("identityStatus() tells the same process from others", async () => {
  await withProgram("never_ends.sh", {}, async ({ child, marker }) => {
    const { pid, startTime } = child.identity;
    const later = startTime.replace(/\d+$/, (value) => String(Number(value) + 500));
    assertEquals(identityStatus({ pid, startTime }), "alive");
    assertEquals(identityStatus({ pid, startTime: later }), "gone");
    assertEquals(identityStatus({ pid, startTime: "unknown" }), "unknown");
    assertEquals(identityStatus({ pid, startTime: "win:5" }), "unknown");
    assertEquals(isAlive({ pid, startTime: "unknown" }), true);
    await endTree(child.identity, { detached: true, marker });
    assertEquals(identityStatus({ pid, startTime }), "gone");
    assertEquals(isAlive({ pid, startTime: "unknown" }), false);
  });
});

Deno.test("identityStatus() reads a start time by the method that it names", async () => {
  await withProgram("never_ends.sh", {}, async ({ child, marker }) => {
    const byPs = readPsSync(child.pid);
    assertExists(byPs);
    assertMatch(byPs.startTime, /^ps:\d+$/);
    const { pid } = child;
    const seconds = Number(byPs.startTime.slice(3));
    const at = (second: number): ProcessIdentity => ({ pid, startTime: `ps:${second}` });
    assertEquals(identityStatus(at(seconds)), "alive");
    assertEquals(identityStatus(at(seconds + 1)), "alive");
    assertEquals(identityStatus(at(seconds + 3)), "gone");
    await endTree(at(seconds), { detached: true, marker });
    assertEquals(identityStatus(at(seconds)), "gone");
  });
});

Deno.test("identityStatus() counts a zombie as gone", async () => {
  // The shell never waits for its child, which is a zombie as soon as it has ended.
  const zombieMaker = new Deno.Command("/bin/sh", {
    args: ["-c", "sleep 0 & echo $!; exec sleep 300"],
    stdout: "piped",
  }).spawn();
  const reader = zombieMaker.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const pid = Number((await reader.read()).value);
    let row = (await readProcesses([pid])).get(pid);
    while (row?.state.startsWith("Z") === false) row = (await readProcesses([pid])).get(pid);
    assertExists(row);
    assertEquals(identityStatus(row), "gone");
    assertEquals(isAlive(row), false);
    if (Deno.build.os === "linux") {
      // It has no memory, and so no environment, like one that is just starting.
      assertEquals([zombieMaker.pid, pid].map(procIsChanging), [false, true]);
    }
  } finally {
    zombieMaker.kill("SIGKILL");
    await zombieMaker.status;
    await reader.cancel();
  }
});

Deno.test("withEnvironmentEntry() and ps find the same process by its environment", async () => {
  await withProgram("never_ends.sh", {}, async ({ child, marker }) => {
    const pids = [Deno.pid, child.pid];
    // Between its two programs a process has no environment for a moment.
    await eventually(async () => {
      const [described] = await describeProcesses([child.identity]);
      return described?.command?.startsWith("sleep") === true;
    });
    await eventually(async () => (await psPidsWithEntry(marker)).size > 0);
    assertEquals([...await withEnvironmentEntry(pids, marker)], [child.pid]);
    assertEquals([...await withEnvironmentEntry(pids, marker.slice(0, -1))], []);
    assertEquals([...await psPidsWithEntry(marker)], [child.pid]);
    assertEquals([...await psPidsWithEntry(marker.slice(0, -1))], []);
    await endTree(child.identity, { detached: true });
  });
});

Deno.test({
  name: "withEnvironmentEntry() finds a process that changes from one program to the next",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const entry = `ZAG_TEST_MARK=${crypto.randomUUID()}`;
    const path = await Deno.makeTempFile({ suffix: ".sh" });
    await writeProgram(path, '#!/bin/sh\nexec "$0"\n');
    const [name, value] = entry.split("=") as [string, string];
    const child = new Deno.Command(path, { env: { [name]: value }, stdin: "null" }).spawn();
    try {
      // Before it has begun its environment is still that of this process.
      await eventually(async () => (await withEnvironmentEntry([child.pid], entry)).size === 1);
      // This one does nothing else: a look in the very moment of a change may still miss it.
      let found = 0;
      for (let look = 0; look < 100; look++) {
        found += (await withEnvironmentEntry([child.pid], entry)).size;
      }
      assert(found >= 97, `found ${found} times of 100`);
    } finally {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(path);
    }
  },
});

Deno.test("psPidsWithEntry() does not take an argument for an environment", async () => {
  const entry = `ZAG_TEST_MARK=${crypto.randomUUID()}`;
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", "echo up; sleep 300; :", entry],
    stdout: "piped",
    detached: true,
  }).spawn();
  const reader = child.stdout.getReader();
  try {
    await reader.read();
    assertEquals([...await psPidsWithEntry(entry)], []);
  } finally {
    Deno.kill(-child.pid, "SIGKILL");
    await child.status;
    await reader.cancel();
  }
});

Deno.test("listPs() agrees with the table of the system", async () => {
  await withProgram("tools.sh", {}, async ({ child, marker, processes }) => {
    const byPs = new Map((await listPs()).map((info) => [info.pid, info]));
    const table = await readProcesses(Object.values(processes).map(({ pid }) => pid));
    for (const { pid, ppid, pgid, sid } of table.values()) {
      const row = byPs.get(pid);
      assertEquals([row?.ppid, row?.pgid, row?.sid], [ppid, pgid, sid]);
    }
    await endTree(child.identity, { detached: true, marker });
  });
});

Deno.test("parsePs() reads procps and macOS", () => {
  const linux = "      1       0       0       0 Fri Nov 20 13:28:33 2026 SLl\n" +
    "   7015    7009    7015    7009 Thu Jan  1 00:00:07 1970 Ss+\nnonsense\n";
  assertEquals(parsePs(linux, "linux"), [
    { pid: 1, ppid: 0, pgid: 0, sid: 0, state: "SLl", startTime: "ps:1795181313" },
    { pid: 7015, ppid: 7009, pgid: 7015, sid: 7009, state: "Ss+", startTime: "ps:7" },
  ]);
  const macos = "  501   410   501  5b3a80 Sat Feb 29 23:59:59 2020 S+  \n";
  assertEquals(parsePs(macos, "darwin"), [
    { pid: 501, ppid: 410, pgid: 501, sid: 0, state: "S+", startTime: "ps:1583020799" },
  ]);
});

Deno.test("parseProcStat() survives any process name", () => {
  for (const name of ["sh", "a b", "a) S 1 (b", "(((", "x\ny"]) {
    const rest = Array.from({ length: 40 }, (_, index) => index + 100);
    const text = `42 (${name}) T 7 8 9 ${rest.join(" ")}\n`;
    assertEquals(parseProcStat(text, "proc:abc:"), {
      pid: 42,
      ppid: 7,
      pgid: 8,
      sid: 9,
      state: "T",
      startTime: "proc:abc:115",
    });
  }
  assertEquals(parseProcStat("", "proc:abc:"), undefined);
  assertEquals(parseProcStat("42 (sh) T 7 8", "proc:abc:"), undefined);
});

Deno.test("parseWindowsTable() reads pid, parent and start", () => {
  assertEquals(parseWindowsTable("4 0 1795181313000\r\n 812 4 1795181314123 \r\n\r\nerror\r\n"), [
    { pid: 4, ppid: 0, pgid: 0, sid: 0, state: "R", startTime: "win:1795181313000" },
    { pid: 812, ppid: 4, pgid: 0, sid: 0, state: "R", startTime: "win:1795181314123" },
  ]);
});

Deno.test("compareStarts() compares only what was read in the same way", () => {
  const rows: [string, string, number | undefined][] = [
    ["proc:aaaaaaaa:5", "proc:aaaaaaaa:5", 0],
    ["proc:aaaaaaaa:5", "proc:aaaaaaaa:6", -1],
    ["proc:aaaaaaaa:5", "proc:bbbbbbbb:5", undefined],
    ["ps:10", "ps:11", 0],
    ["ps:10", "ps:13", -3],
    ["ps:10", "win:10", undefined],
    ["unknown", "unknown", undefined],
    ["ps:x", "ps:x", undefined],
    ["", "", undefined],
  ];
  for (const [a, b, expected] of rows) {
    assertEquals(compareStarts(a, b), expected, `${a} ${b}`);
    assertEquals(sameStart(a, b), expected === 0);
  }
  assert(!sameStart("unknown", "unknown"));
});
