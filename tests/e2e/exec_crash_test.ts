import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { canRun, inHome, leftovers, mock, script, waitFor } from "./support.ts";

/** Starts a session whose agent is at work, with a tool and something in the background. */
async function start(
  home: TestHome,
  first: readonly Step[] = [],
): Promise<{ child: Deno.ChildProcess; id: string }> {
  const steps: Step[] = [
    ...first,
    { do: "say", text: "at work" },
    { do: "fork", mode: "new_session" },
    ...(canRun("setsid") ? [{ do: "fork", mode: "daemon" }] as const : []),
    { do: "run", command: ["sleep", "601"] },
  ];
  const args = ["-p", "mock", "exec", "hi", "--mcp-config", '{"mcpServers":{}}'];
  const child = home.spawn(args, { env: script(steps) });
  await waitFor(
    "the tool",
    async () => (await leftovers(home, 0)).some((line) => line.endsWith("sleep 601")) || undefined,
  );
  return { child, id: String(home.rows("sessions").at(-1)?.session_id) };
}

/** Kills zag as the system would, so that nothing is tidied up. */
async function kill(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await child.status;
  await child.stdout.cancel();
  await child.stderr.cancel();
}

Deno.test(
  "exec ends what a killed zag has left behind, and then calls its session dead",
  inHome(async (home) => {
    const { child, id } = await start(home);
    await kill(child);
    const strays = await leftovers(home, 0);
    assert(strays.some((line) => line.includes("mock-agent")), "the agent outlives its zag");
    assert(strays.some((line) => line.endsWith("sleep 601")), "and so does its tool");
    const temp = `${home.path}/.zag/temp`;
    const files = () =>
      [...Deno.readDirSync(temp)].flatMap(({ name }) => [...Deno.readDirSync(`${temp}/${name}`)]);
    assertEquals(files().map(({ name }) => name), ["mcp.json"]);
    const next = await mock(home, [], ["hi", "-d"]);
    assertEquals(next.code, 0);
    assertEquals(files(), [], "its private files are gone as well");
    assertMatch(next.stderr, new RegExp(`^\\* ended \\d+ processes of session ${id}`, "m"));
    assertEquals(await leftovers(home), []);
    const [dead] = home.rows("sessions");
    assertEquals([dead?.session_id, dead?.outcome], [id, "dead"]);
    const [process] = home.rows("processes");
    assertEquals(process?.status, "killed");
    const log = await home.logs().then((logs) =>
      logs.find(([first]) => first?.wrapper_session_id === id)!
    );
    const { type, success, outcome, seq } = log.at(-1)!;
    assertEquals([type, success, outcome], ["session_ended", false, "dead"]);
    assertEquals(seq, log.length);
    assertEquals(log.find(({ type }) => type === "assistant_message")?.content, "at work");
    const marker = JSON.parse(
      await Deno.readTextFile(`${home.path}/.zag/events/${id}.ended`),
    );
    assertEquals([marker.session_id, marker.success], [id, false]);
  }),
);

Deno.test(
  "exec resumes a session whose zag was killed, once its strays are gone",
  inHome(async (home) => {
    const { child, id } = await start(home);
    await kill(child);
    const { code, stdout } = await mock(home, [], ["again", "--resume", id]);
    assertEquals([code, stdout], [0, "again\n"]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
    const [log] = await home.logs();
    assertEquals(
      log!.filter(({ type }) => type === "session_ended").map(({ outcome }) => outcome),
      ["dead", "success"],
    );
    assertEquals(log!.map(({ seq }) => seq), log!.map((_, index) => index + 1));
  }),
);

Deno.test(
  "exec spares a session that runs, and refuses to resume it",
  inHome(async (home) => {
    const { child, id } = await start(home);
    for (const how of [["--resume", id], ["--continue"]]) {
      const { code, stdout, stderr } = await mock(home, [], ["again", ...how]);
      assertEquals([code, stdout], [1, ""]);
      assertStringIncludes(stderr, `Cannot resume session "${id}": it is running (process `);
    }
    assertEquals((await mock(home, [])).code, 0);
    assertEquals(home.rows("sessions")[0]?.outcome, null);
    child.kill("SIGTERM");
    assertEquals((await child.output()).code, 143);
    assertEquals(home.rows("sessions")[0]?.outcome, "interrupted");
  }),
);

Deno.test(
  "exec lets one go on with a session, however many try at the same time",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    await mock(home, [], ["hi", "--session", id]);
    const children = Array.from(
      { length: 4 },
      () =>
        home.spawn(["-p", "mock", "exec", "again", "--resume", id], {
          env: script([], [{ do: "hang" }]),
          stdio: { stdout: "null", stderr: "null" },
        }),
    );
    const codes: number[] = [];
    const ended = children.map((child) => child.status.then(({ code }) => void codes.push(code)));
    await waitFor("all but one to give up", () => codes.length === 3 || undefined);
    for (const child of children) {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has given up.
      }
    }
    await Promise.all(ended);
    assertEquals(codes, [1, 1, 1, 143]);
    assertEquals(home.rows("processes").length, 2);
  }),
);

Deno.test(
  "exec tidies up once, however many start at the same time",
  inHome(async (home) => {
    // All of them find it while the first one waits for its end.
    const { child, id } = await start(home, [{ do: "ignore_term" }]);
    await kill(child);
    const runs = await Promise.all([1, 2, 3].map(() => mock(home, [], ["hi", "-d"])));
    assertEquals(runs.map(({ code }) => code), [0, 0, 0]);
    assertEquals(runs.filter(({ stderr }) => stderr.includes("* ended ")).length, 1);
    const log = (await home.logs()).find(([first]) => first?.wrapper_session_id === id)!;
    assertEquals(log.filter(({ type }) => type === "session_ended").length, 1);
  }),
);

Deno.test(
  "exec calls a session dead whose agent has ended along with zag",
  inHome(async (home) => {
    const { child, id } = await start(home);
    child.kill("SIGSTOP");
    for (const line of await leftovers(home, 0)) {
      const pid = Number.parseInt(line);
      if (pid !== child.pid) Deno.kill(pid, "SIGKILL");
    }
    await kill(child);
    assertEquals((await mock(home, [])).code, 0);
    assertEquals(home.rows("sessions").map(({ session_id, outcome }) => [session_id, outcome])[0], [
      id,
      "dead",
    ]);
  }),
);
