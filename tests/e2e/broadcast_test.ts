import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { LiveSession, start } from "./follow_support.ts";
import { busy, gate, open, said, session, tickets, untilQueued } from "./input_support.ts";
import { runs } from "./ps_support.ts";
import { kill9 } from "./spawn_support.ts";
import { inHome, script, waitFor } from "./support.ts";

/** The last thing that was said in a session. */
async function last(home: TestHome, id: string): Promise<string | undefined> {
  return (await said(home, id)).at(-1);
}

Deno.test(
  "broadcast sends to all sessions of the project, and with --tag to those of the tag",
  inHome(async (home) => {
    const one = await session(home, ["--tag", "team"]);
    const two = await session(home, ["--tag", "TEAM", "--name", "two"]);
    const three = await session(home);
    const all = await home.zag(["broadcast", "to all"]);
    assertEquals(all, { code: 0, signal: null, stdout: "", stderr: "> Sent to 3 sessions\n" });
    for (const id of [one, two, three]) assertEquals(await last(home, id), "assistant: to all");
    const tagged = await home.zag(["-q", "broadcast", "--tag", "team", "-o", "json"], {
      stdin: "to the team\n",
    });
    assertEquals([tagged.code, tagged.stderr], [0, ""]);
    assertEquals(JSON.parse(tagged.stdout), {
      results: [{ session_id: two, status: "sent" }, { session_id: one, status: "sent" }],
      summary: { sent: 2, failed: 0, total: 2 },
    });
    assertEquals(await last(home, one), "assistant: to the team");
    assertEquals(await last(home, three), "assistant: to all");
  }),
);

Deno.test(
  "broadcast goes on when one session fails, names it, and ends with 1",
  inHome(async (home) => {
    await Deno.mkdir(`${home.work}/gone`);
    const bad = await session(home, ["--name", "bad"], undefined, `${home.work}/gone`);
    const good = await session(home);
    await Deno.remove(`${home.work}/gone`);
    const ran = await home.zag(["broadcast", "-o", "json-pretty", "x"]);
    assertEquals(ran.code, 1);
    assertStringIncludes(ran.stderr, `Cannot send to session "${bad}" (bad): `);
    assertStringIncludes(ran.stderr, "> Sent to 1 session (1 failed)\n");
    const { results, summary } = JSON.parse(ran.stdout);
    assertEquals(results[0], { session_id: good, status: "sent" });
    assertEquals([results[1].status, summary], ["failed", { sent: 1, failed: 1, total: 2 }]);
    assertStringIncludes(results[1].error, `its directory "${home.work}/gone" is gone`);
    assertEquals(await last(home, good), "assistant: x");
  }),
);

Deno.test(
  "broadcast reports an agent that fails",
  inHome(async (home) => {
    await session(home);
    const steps: Step[] = [{ do: "error", message: "no luck", fatal: true }];
    const ran = await home.zag(["broadcast", "x"], { env: script([], steps) });
    assertEquals(ran.code, 1);
    assertStringIncludes(ran.stderr, " got the message and failed: no luck\n");
    assert(!ran.stderr.includes("Cannot send"));
    assertStringIncludes(ran.stderr, "> Sent to 0 sessions (1 failed)");
  }),
);

Deno.test(
  "broadcast has eight agents at work at the same time",
  inHome(async (home) => {
    for (let index = 0; index < 10; index++) await session(home);
    const steps: Step[] = [gate(), { do: "say", text: "done" }];
    await using broadcast = start(home, ["broadcast", "x"], script([], steps));
    const running = () => runs(home).filter(({ status }) => status === "running");
    await waitFor("eight agents", () => running().length === 8 || undefined);
    const ids = home.rows("sessions").map(({ session_id }) => String(session_id));
    assertEquals(
      ids.map((id) => tickets(home, id).length),
      ids.map(() => 1),
      "nobody who comes later overtakes",
    );
    await open(home);
    const { code, err } = await broadcast.end();
    assertEquals([code, err], [0, "> Sent to 10 sessions\n"]);
    assertEquals(runs(home).length, 20);
  }),
);

Deno.test(
  "broadcast reaches those that are free while many are at work",
  inHome(async (home) => {
    const free = await session(home);
    for (let index = 0; index < 9; index++) new LiveSession(home);
    await using broadcast = start(home, ["broadcast", "x"]);
    await waitFor(
      "the answer",
      async () => (await last(home, free)) === "assistant: x" || undefined,
    );
    broadcast.child.kill("SIGINT");
    assertEquals((await broadcast.end()).code, 130);
  }),
);

Deno.test(
  "broadcast says once why a session gets nothing",
  inHome(async (home) => {
    const good = await session(home, ["--tag", "t"]);
    const spawned = await home.zag(["spawn", "-I", "-p", "mock", "--tag", "t"]);
    const id = spawned.stdout.trim();
    assertEquals((await home.zag(["input", "-o", "text", "one"])).stdout, "one\n");
    // Whose zag was killed gets no messages.
    await kill9(Number(home.rows("processes").at(-1)?.owner_pid));
    const ran = await home.zag(["broadcast", "--tag", "t", "--tag", "none", "x"]);
    assertEquals(ran.code, 1);
    assertStringIncludes(ran.stderr, `error: Cannot send to session "${id}": its zag was `);
    assertEquals(ran.stderr.split("Cannot send").length, 2);
    assertStringIncludes(ran.stderr, 'Cannot find a session tagged "none"');
    assertEquals(await last(home, good), "assistant: x");
    const all = await home.zag(["broadcast", "--tag", "t", "--tag", "none", "-o", "json", "x"]);
    assertEquals(JSON.parse(all.stdout).summary, { sent: 1, failed: 1, total: 2 });
  }),
);

Deno.test(
  "broadcast exits with 1 when a tag leads to nothing, and sends to the others",
  inHome(async (home) => {
    const id = await session(home, ["--tag", "t"]);
    const ran = await home.zag(["broadcast", "--tag", "t", "--tag", "none", "x"]);
    assertEquals(ran.code, 1);
    assertStringIncludes(ran.stderr, "> Sent to 1 session\n");
    assertEquals(await last(home, id), "assistant: x");
  }),
);

Deno.test(
  "broadcast waits for a session at work in the same queue as input",
  inHome(async (home) => {
    const { id, zag } = await busy(home);
    await using _ = zag;
    await using first = start(home, ["input", "--session", id, "first"]);
    await untilQueued(home, id, 1);
    await using second = start(home, ["broadcast", "second"]);
    await untilQueued(home, id, 2);
    await open(home);
    assertEquals((await second.end()).code, 0);
    assertEquals((await first.end()).code, 0);
    assertEquals((await said(home, id)).slice(2), [
      "user: first",
      "assistant: first",
      "user: second",
      "assistant: second",
    ]);
  }),
);

Deno.test(
  "broadcast that is interrupted ends all that it started",
  inHome(async (home) => {
    const ids = [await session(home), await session(home)];
    await using broadcast = start(home, ["broadcast", "x"], script([], [{ do: "hang" }]));
    await waitFor(
      "the agents",
      () =>
        runs(home).filter(({ status, agent_pid }) => status === "running" && agent_pid !== null)
            .length === 2 || undefined,
    );
    broadcast.child.kill("SIGINT");
    assertEquals((await broadcast.end()).code, 130);
    for (const id of ids) {
      const row = home.rows("sessions").find(({ session_id }) => session_id === id);
      assertEquals(row?.outcome, "interrupted");
    }
  }),
);

Deno.test(
  "broadcast from an agent leaves its own session out, and says who it is from",
  inHome(async (home) => {
    const sender = await session(home, ["--name", "sender"]);
    const receiver = await session(home);
    const command: [string, ...string[]] = [
      "env",
      "-u",
      "ZAG_MOCK_SCRIPT",
      "zag",
      "broadcast",
      "listen",
    ];
    const ran = await home.zag(["exec", "--resume", sender, "work"], {
      env: script([], [{ do: "run", command }, { do: "say", text: "done" }]),
    });
    assertEquals([ran.code, ran.stdout], [0, "done\n"]);
    const got = (await said(home, receiver)).at(-2);
    assertStringIncludes(String(got), `<from session="${sender}" name="sender" provider="mock"`);
    assertStringIncludes(String(got), "zag input --name sender ");
    assert((await said(home, sender)).every((line) => !line.includes("agent-message")));
  }),
);
