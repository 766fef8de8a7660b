import { inHome } from "../e2e/support.ts";
import { assertEquals } from "../support/assert.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { run } from "./support.ts";

Deno.test(
  "spawnSession() and its kin start sessions, wait for them, take their results and start them again",
  inHome(async (home) => {
    assertEquals(await run(home, "background"), {
      begun: [false, true, true],
      // The second one depends on the first.
      ends: [[0, "completed"], [1, "completed"]],
      results: [["a", "completed", "A"], [null, "completed", '{"n":1}']],
      summary: [1, "A", "completed", true],
      // A prompt that holds the result, and what is asked about it.
      piped: [true, true, false],
      // It was followed before it began.
      followed: "session_ended",
      // The session was not to be tried again: it completed.
      failed: ["failed", true, []],
      retried: [true, "completed"],
    });
  }),
);

Deno.test(
  "cancelSessions() ends a session that is waited for, and waitForSessions() gives up in time",
  inHome(async (home) => {
    assertEquals(await run(home, "cancel"), [
      ["WaitTimeoutError", 1],
      "enough",
      [true, false, false],
      "cancelled: changed my mind",
      [[0, true], [1, true]],
    ]);
  }),
);

Deno.test(
  "sendInput() goes on with a session, or uses its pipe; sendBroadcast() reaches all",
  inHome(async (home) => {
    assertEquals(await run(home, "input"), [
      [true, "turn", false],
      ["pipe", "hello"],
      "Cannot send an empty message",
      [[true, null], [true, null]],
      // It has answered, and ended well; the other one takes no messages until it is closed.
      ["completed", "ZagError"],
    ]);
  }),
);

/** A program that keeps its name in a file, and is zag. */
async function named(home: TestHome, name: string): Promise<string> {
  return await home.program(
    name,
    `#!/bin/sh\necho ${name} "$1" >> "$HOME/started"\nexec ${ZAG.shell} "$@"\n`,
  );
}

Deno.test(
  "spawnSession() has the session looked after by the given zag, that of ZAG_BIN, or that on PATH",
  inHome(async (home) => {
    assertEquals(await run(home, "program"), "completed");
    await named(home, "zag");
    const env = { ZAG_BIN: await named(home, "by-variable") };
    const other = { OTHER_ZAG: await named(home, "given") };
    assertEquals(await run(home, "program"), "completed");
    assertEquals(await run(home, "program", { env }), "completed");
    assertEquals(await run(home, "program", { env: { ...env, ...other } }), "completed");
    const started = await Deno.readTextFile(`${home.path}/started`);
    assertEquals(started.split("\n"), [
      "zag background",
      "by-variable background",
      "given background",
      "",
    ]);
  }),
);
