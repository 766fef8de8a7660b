import { startTimeOf } from "../../src/processes/process_table.ts";
import { completeProcess } from "../../src/sessions/columns.ts";
import type { NewProcess, ProcessRecord } from "../../src/sessions/records.ts";
import { agentOf, liveStatus, ownerLives, pidOf, runsNow } from "../../src/sessions/run_status.ts";
import { assertEquals } from "../support/assert.ts";

const OWN = { pid: Deno.pid, start: startTimeOf(Deno.pid)! };
const GONE = { pid: 2 ** 22 + 1, start: "proc:00000000:1" };

function runOf(more: Partial<NewProcess>): ProcessRecord {
  return completeProcess({
    id: "r",
    provider: "mock",
    command: "exec",
    ownerPid: GONE.pid,
    ownerStart: GONE.start,
    startedAt: "2026-01-01T00:00:00.000Z",
    ...more,
  });
}

const agent = ({ pid, start }: typeof OWN) => ({ agentPid: pid, agentStart: start });
const owner = ({ pid, start }: typeof OWN) => ({ ownerPid: pid, ownerStart: start });
const AT = "2026-01-01T00:01:00.000Z";

for (
  const [what, run, newest, expected] of [
    ["lives by its zag", { ...owner(OWN) }, undefined, "running"],
    ["lives by its agent", { ...agent(OWN) }, undefined, "running"],
    ["has nobody left", { ...agent(GONE) }, undefined, "dead"],
    ["has a number that another has now", agent({ ...OWN, start: GONE.start }), undefined, "dead"],
    ["ended", { status: "exited", exitedAt: AT }, { outcome: "success", endedAt: AT }, "exited"],
    [
      "was killed",
      { status: "killed", exitedAt: AT },
      { outcome: "killed", endedAt: AT },
      "killed",
    ],
    [
      "was closed as dead",
      { status: "killed", exitedAt: AT },
      { outcome: "dead", endedAt: AT },
      "dead",
    ],
    ["was killed before one that is dead", { status: "killed", exitedAt: AT }, {
      outcome: "dead",
      endedAt: "2026-01-01T00:02:00.000Z",
    }, "killed"],
  ] as [string, Partial<NewProcess>, Parameters<typeof liveStatus>[1], string][]
) {
  Deno.test(`liveStatus() of a run that ${what}`, () => {
    assertEquals(liveStatus(runOf(run), newest), expected);
  });
}

Deno.test("pidOf() is the agent's number once there is one", () => {
  assertEquals(pidOf(runOf({})), GONE.pid);
  assertEquals(pidOf(runOf(agent(OWN))), OWN.pid);
});

Deno.test("agentOf() and ownerLives() do without what is not known", () => {
  assertEquals(agentOf(runOf({ agentPid: 12 })), undefined);
  assertEquals(ownerLives(runOf({ ownerPid: OWN.pid, ownerStart: null })), false);
  assertEquals(ownerLives(runOf(owner(OWN))), true);
});

Deno.test("runsNow() does not take a run for dead that comes to its end while it is looked at", () => {
  const rest = {
    sessionName: null,
    outcome: null,
    endedAt: null,
    endReason: null,
    waitsUntil: null,
  };
  const open = { run: runOf({ status: "running" }), ...rest };
  const closed = { run: runOf({ status: "exited", exitedAt: AT }), ...rest };
  const reads = [[open], [closed]];
  const runs = runsNow({ listRuns: () => reads.shift() ?? [closed] });
  assertEquals(runs.map(({ liveStatus }) => liveStatus), ["exited"]);
  // One whose books stay open was killed.
  assertEquals(runsNow({ listRuns: () => [open] }).map(({ liveStatus }) => liveStatus), ["dead"]);
});
