/** Sessions in the background that an agent has started. */
import { assertEquals, assertMatch } from "../support/assert.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import type { TestHome } from "../support/zag.ts";
import { untilTool } from "./ps_support.ts";
import { agentOf, ended, endOf, inCharge, kill9, rowOf, runOf, spawn } from "./spawn_support.ts";
import { inHome, waitFor } from "./support.ts";

/** Steps of an agent that starts a session, whose agent takes other steps. */
function spawning(steps: Step[], ...after: Step[]): Step[] {
  const script = JSON.stringify({ turns: [{ steps }] });
  const variable = `ZAG_MOCK_SCRIPT=${script}`;
  const command = ["zag", "spawn", "-p", "mock", "child"];
  return [{ do: "run", command: ["env", variable, ...command] }, ...after];
}

/** Waits until a session has started another one, and until that one's agent works. */
async function childOf(home: TestHome, parent: string): Promise<string> {
  const id = await waitFor("the child", () => {
    const row = home.rows("sessions").find(({ parent_session_id }) => parent_session_id === parent);
    return row && String(row.session_id);
  });
  await agentOf(home, id);
  return id;
}

const HANG: Step[] = [{ do: "hang" }];

Deno.test(
  "spawn records whose agent has started the session, and lists show it",
  inHome(async (home) => {
    const parent = await spawn(
      home,
      ["p"],
      spawning([{ do: "say", text: "child's" }], {
        do: "say",
        text: "parent's",
      }),
    );
    assertEquals(await ended(home, parent), 0);
    const [, row] = home.rows("sessions");
    const child = String(row?.session_id);
    assertEquals(await ended(home, child), 0);
    const run = runOf(home, parent).id;
    assertEquals([row?.parent_session_id, row?.parent_process_id], [parent, run]);
    const { parent_session_id, parent_process_id } = runOf(home, child);
    assertEquals([parent_session_id, parent_process_id], [parent, run]);
    for (const ref of [parent, String(run)]) {
      const list = await home.zag(["session", "list", "--parent", ref, "--json"]);
      const sessions = JSON.parse(list.stdout) as { session_id: string }[];
      assertEquals(sessions.map(({ session_id }) => session_id), [child]);
      const ps = await home.zag(["ps", "list", "--children", ref, "--json"]);
      const runs = JSON.parse(ps.stdout) as { session_id: string }[];
      assertEquals(runs.map(({ session_id }) => session_id), [child]);
    }
  }),
);

Deno.test(
  "a session that an agent has started goes on when the agent ends, is cancelled, or is killed",
  inHome(async (home) => {
    const done = await spawn(home, ["p"], spawning(HANG));
    const children = [await childOf(home, done)];
    assertEquals(await ended(home, done), 0);

    const steps = spawning(HANG, { do: "run", command: ["sleep", "706"] });
    const cancelled = await spawn(home, ["p"], steps);
    children.push(await childOf(home, cancelled));
    await untilTool(home, "706");
    assertEquals((await home.zag(["cancel", cancelled])).code, 0);

    const killed = await spawn(home, ["p"], steps);
    children.push(await childOf(home, killed));
    await untilTool(home, "706");
    await kill9(await inCharge(home, killed));
    assertEquals((await home.zag(["status", killed])).stdout, "dead\n");

    for (const child of children) {
      assertEquals((await home.zag(["status", child])).stdout, "running\n");
      assertEquals(runOf(home, child).status, "running");
      assertEquals((await home.zag(["cancel", child])).code, 0);
    }
  }),
);

Deno.test(
  "a session goes on though the agent ends in the very moment in which it has started it",
  inHome(async (home) => {
    const ids = `${home.path}/ids`;
    const line = `zag spawn -p mock child >> '${ids}'; sleep 707`;
    for (let count = 1; count <= 3; count++) {
      const variable = `ZAG_MOCK_SCRIPT=${JSON.stringify({ turns: [{ steps: HANG }] })}`;
      const parent = await spawn(home, ["p"], [
        { do: "run", command: ["env", variable, "sh", "-c", line] },
      ]);
      const id = await waitFor("an id", async () => {
        const text = await Deno.readTextFile(ids).catch(() => "");
        return text.split("\n").length > count ? text.trim().split("\n").at(-1)! : undefined;
      });
      assertEquals((await home.zag(["cancel", parent])).code, 0);
      assertEquals((await home.zag(["status", id])).stdout, "running\n");
      assertEquals((await home.zag(["cancel", id])).code, 0);
    }
  }),
);

Deno.test(
  "cancel --tree takes the sessions that an agent has started, also those that wait",
  inHome(async (home) => {
    const parent = await spawn(home, ["p"], spawning(spawning(HANG, ...HANG), ...HANG));
    const child = await childOf(home, parent);
    const grandchild = await childOf(home, child);
    const env = { ZAG_SESSION_ID: child, ZAG_PROCESS_ID: String(runOf(home, child).id) };
    const waiting = await spawn(home, ["--depends-on", grandchild, "w"], undefined, { env });
    assertEquals(rowOf(home, waiting).parent_session_id, child);
    const { code, stdout } = await home.zag(["cancel", parent, "--tree", "--json"]);
    assertEquals(code, 0);
    const results = JSON.parse(stdout) as { session_id: string }[];
    assertEquals(
      results.map(({ session_id }) => session_id).sort(),
      [parent, child, grandchild, waiting].sort(),
    );
    for (const id of [parent, child, grandchild]) assertEquals(endOf(home, id)[0], "killed");
    // It may have heard first that the session before it was cancelled.
    assertMatch(String(endOf(home, waiting)[0]), /^(killed|failure)$/);
  }),
);
