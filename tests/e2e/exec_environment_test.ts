import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertNotEquals } from "../support/assert.ts";
import { claude, inHome, mock, onlyLog, script, seen, standIn, waitFor } from "./support.ts";

const NAMES = [
  "ZAG_SESSION_ID",
  "ZAG_SESSION_NAME",
  "ZAG_PROCESS_ID",
  "ZAG_PROVIDER",
  "ZAG_MODEL",
  "ZAG_ROOT",
];

const SHOW: Step[] = NAMES.map((name) => ({ do: "env", name }));

Deno.test(
  "exec tells the agent who it is",
  inHome(async (home) => {
    const { stdout } = await mock(home, SHOW, ["hi", "--name", "backend", "-m", "small"]);
    const [session] = home.rows("sessions");
    const [process] = home.rows("processes");
    assertEquals(stdout.trimEnd().split("\n\n"), [
      session?.session_id,
      "backend",
      process?.id,
      "mock",
      "mock-small",
      home.work,
    ]);
  }),
);

Deno.test(
  "exec does not let the agent take over the identity of a surrounding session",
  inHome(async (home) => {
    const outer = Object.fromEntries(NAMES.map((name) => [name, `outer ${name}`]));
    const { stdout } = await mock(home, SHOW, ["hi"], { env: outer });
    assert(!stdout.includes("outer "), stdout);
    assertEquals(stdout.split("\n\n")[1], "(unset)");
    const [session] = home.rows("sessions");
    assertEquals(
      [session?.parent_session_id, session?.parent_process_id],
      ["outer ZAG_SESSION_ID", "outer ZAG_PROCESS_ID"],
    );
  }),
);

Deno.test(
  "exec --env wins over everything but the identity of session and process",
  inHome(async (home) => {
    const flags = [...NAMES, "MINE", "EMPTY", "PATH_LIKE"].flatMap((name) => [
      "--env",
      name === "EMPTY" ? "EMPTY=" : `${name}=my=${name}`,
    ]);
    const more: Step[] = ["MINE", "EMPTY", "PATH_LIKE", "INHERITED"].map((name) => ({
      do: "env",
      name,
    }));
    const { stdout } = await mock(home, [...SHOW, ...more], ["hi", "--name", "n", ...flags], {
      env: { INHERITED: "from outside", MINE: "overridden" },
    });
    const [session] = home.rows("sessions");
    const [process] = home.rows("processes");
    const log = await onlyLog(home);
    const said = log.filter(({ type }) => type === "assistant_message").map((line) => line.content);
    assertEquals(said, [
      session?.session_id,
      "my=ZAG_SESSION_NAME",
      process?.id,
      "my=ZAG_PROVIDER",
      "my=ZAG_MODEL",
      "my=ZAG_ROOT",
      "my=MINE",
      // An empty text is no message.
      "my=PATH_LIKE",
      "from outside",
    ]);
    assert(stdout.includes("my=MINE"));
  }),
);

Deno.test(
  "exec gives claude the same variables, and none of a surrounding claude",
  inHome(async (home) => {
    await standIn(home, `env > "$HOME/seen/stdin"`);
    await claude(home, ["hi"], { env: { CLAUDECODE: "1" } });
    const env = await seen(home, "stdin");
    const [session] = home.rows("sessions");
    assertMatch(env, new RegExp(`^ZAG_SESSION_ID=${session?.session_id}$`, "m"));
    assertMatch(env, /^ZAG_PROVIDER=claude$/m);
    assertMatch(env, /^ZAG_MODEL=default$/m);
    assert(!/^CLAUDECODE=/m.test(env), "a nested claude would refuse to start");
  }),
);

Deno.test(
  "exec makes zag, for the agent, the very program that started it",
  inHome(async (home) => {
    await home.program("zag", "#!/bin/sh\necho a stranger\n");
    const { code } = await mock(home, [
      { do: "run", command: ["zag", "--version"] },
      // With the script it would go on like this for ever.
      {
        do: "run",
        command: ["env", "-u", "ZAG_MOCK_SCRIPT", "zag", "-p", "mock", "exec", "from inside"],
      },
    ]);
    assertEquals(code, 0);
    const outputs = (await home.logs()).flat().filter(({ type }) => type === "tool_result");
    const { version } = JSON.parse(
      await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
    );
    assertEquals(outputs[0]?.output, `zag ${version}\n`);
    assertEquals(outputs[1]?.success, true);
    const [outer, inner] = home.rows("sessions");
    assertEquals(
      [inner?.parent_session_id, inner?.parent_process_id],
      [outer?.session_id, home.rows("processes")[0]?.id],
    );
    const meta = (await home.logs()).map(([, line]) => line?.meta as Record<string, unknown>)
      .find(({ parent_session_id }) => parent_session_id !== null);
    assertEquals(meta?.parent_session_id, outer?.session_id);
  }),
);

Deno.test(
  "exec ends a zag that its agent started, and that one's agent, and closes the books of both",
  inHome(async (home) => {
    const inner = JSON.stringify({ turns: [{ steps: [{ do: "hang" }] }] });
    const child = home.spawn(["-p", "mock", "exec", "hi"], {
      env: script([{
        do: "run",
        command: ["env", `ZAG_MOCK_SCRIPT=${inner}`, "zag", "-p", "mock", "exec", "wait"],
      }]),
    });
    await waitFor("the inner agent", async () => {
      const logs = await home.logs();
      const started = logs.flat().filter(({ message }) => /^Initialized /.test(String(message)));
      return started.length === 2 || undefined;
    });
    child.kill("SIGTERM");
    assertEquals((await child.output()).code, 143);
    const outcomes = home.rows("sessions").map(({ outcome }) => String(outcome));
    // The inner zag may see the end of its agent before it gets its own signal.
    assertMatch(outcomes.join(" "), /^interrupted (interrupted|unknown)$/);
    for (const { status } of home.rows("processes")) assertNotEquals(status, "running");
  }),
);
