import { inHome } from "../e2e/support.ts";
import { assertEquals } from "../support/assert.ts";
import { run } from "./support.ts";

Deno.test(
  "SessionStore lists, finds, changes and forgets sessions; determineStatus() tells what one does",
  inHome(async (home) => {
    assertEquals(await run(home, "sessions"), {
      listed: ["two", "one"],
      // The id is found, and its beginning; a name is no id.
      found: ["one", "one", null],
      byTag: ["two"],
      changed: ["zwei", "d", ["x", "y"]],
      statuses: ["completed", "completed"],
      gone: "SessionNotFoundError",
    });
    assertEquals(home.rows("sessions").map(({ name }) => name), ["one"]);
    // Its log stays, and says so.
    const ends = (await home.logs()).map((log) => log.at(-1)!.type);
    assertEquals(ends.sort(), ["session_deleted", "session_ended"]);
  }),
);

Deno.test(
  "ProcessStore lists the runs of agents, and finds one by the beginning of its id",
  inHome(async (home) => {
    assertEquals(await run(home, "processes"), [["one", "exec", "exited", 0], true, []]);
  }),
);

Deno.test(
  "Config reads what holds, writes a setting, and takes it out again",
  inHome(async (home) => {
    assertEquals(await run(home, "config"), [
      [null, "unset"],
      ["small", "global"],
      [
        'ZagError: Cannot set defaults.max_turns to "many":',
        'ZagError: Unknown setting "nothing"',
      ],
      null,
      // One that cannot be used.
      true,
      true,
    ]);
  }),
);

Deno.test(
  "search() finds events with the session that they stand in",
  inHome(async (home) => {
    assertEquals(await run(home, "search"), [
      [["one", "assistant_message", "needle"]],
      0,
      ["tool_call"],
      'Cannot use "soon" as from: it is no date',
    ]);
  }),
);

Deno.test(
  "readEvents() and followSession() give the events of a log, and end with it",
  inHome(async (home) => {
    assertEquals(await run(home, "events"), [
      "session_started",
      "session_ended",
      ["assistant_message"],
      true,
      "InvalidOptionError",
    ]);
  }),
);

Deno.test(
  "subscribeEvents() gives what happens in sessions that begin later",
  inHome(async (home) => {
    assertEquals(await run(home, "subscribe"), [[true, "session_ended"]]);
  }),
);

Deno.test(
  "gcCollect() only tells what could go until it is told to remove it",
  inHome(async (home) => {
    assertEquals(await run(home, "gc"), [1, true, 1, true]);
    assertEquals(await home.logPaths(), []);
  }),
);
