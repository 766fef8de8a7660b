import { eventsCommand } from "../../../src/cli/commands/events.ts";
import { eventLine } from "../../../src/cli/event_line.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { SessionStore } from "../../../src/sessions/store.ts";
import { EVENTS } from "../../events/log_kinds.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { session } from "../../sessions/support.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { TestHome } from "../../support/zag.ts";

const LOG = EVENTS.map((event) => JSON.stringify(event) + "\n").join("");

/** A home with a session `s` whose log holds every kind of event. */
async function withLog(log: string | null = LOG, outcome: "success" | null = "success") {
  const home = await TestHome.create();
  const path = `${home.path}/.zag/s.jsonl`;
  await Deno.mkdir(`${home.path}/.zag`);
  if (log !== null) await Deno.writeTextFile(path, log);
  using store = SessionStore.open(`${home.path}/.zag/zag.db`);
  store.addSession(session("s", { logPath: path, outcome }));
  return home;
}

async function events(home: TestHome, args: string[], options: FakeContextOptions = {}) {
  const ctx = fakeContext({ env: home.env(), cwd: home.work, ...options });
  const code = await createApp([eventsCommand]).run(["events", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

/** Numbers of the events that are listed. */
async function seqs(home: TestHome, ...args: string[]): Promise<number[]> {
  const { code, out, err } = await events(home, ["s", "--json", ...args]);
  assertEquals([code, err], [0, ""]);
  return out.split("\n").slice(0, -1).map((line) => JSON.parse(line).seq);
}

Deno.test("events: one line for each", async (t) => {
  await using home = await withLog();
  const { code, out, err } = await events(home, ["s"]);
  assertEquals([code, err], [0, ""]);
  const lines = out.split("\n").slice(0, -1);
  assertEquals(lines.length, EVENTS.length);
  for (const line of lines) {
    assertMatch(line, /^\[2026-01-0\d \d\d:\d\d:\d\d\] seq=\d+ \w+(: .+)?$/);
  }
  await t.assertSnapshot(lines.map((line) => line.replace(/^\[.*?\] /, "")).join("\n"));
});

Deno.test("events: JSON is the log as it is", async () => {
  await using home = await withLog();
  assertEquals(await events(home, ["s", "--json"]), { code: 0, out: LOG, err: "" });
});

Deno.test("events: JSON at a terminal holds no control characters, and means the same", async () => {
  const content = "\x9b2J\x7f\u2066é";
  const event = { ...EVENTS[0]!, type: "assistant_message", content };
  await using home = await withLog(JSON.stringify(event) + "\n");
  const { out } = await events(home, ["s", "--json"], { stdoutTty: true });
  assertEquals(JSON.parse(out), event);
  assertStringIncludes(out, '"\\u009b2J\\u007f\\u2066é"');
  assertEquals((await events(home, ["s", "--json"])).out, JSON.stringify(event) + "\n");
});

Deno.test("events: filters, and the last of what they leave", async () => {
  await using home = await withLog();
  const all = EVENTS.map(({ seq }) => seq);
  const of = (...types: string[]) =>
    EVENTS.filter(({ type }) => types.includes(type)).map(({ seq }) => seq);
  assertEquals(await seqs(home), all);
  assertEquals(await seqs(home, "--after-seq", "5"), all.slice(5));
  assertEquals(await seqs(home, "--before-seq", "5"), [1, 2, 3, 4]);
  assertEquals(await seqs(home, "--after-seq", "2", "--before-seq", "5"), [3, 4]);
  assertEquals(await seqs(home, "--after-seq", "0", "--before-seq", "0"), []);
  assertEquals(await seqs(home, "--last", "3"), all.slice(-3));
  assertEquals(await seqs(home, "--last", "2", "--before-seq", "7"), [5, 6]);
  assertEquals(await seqs(home, "--type", "permission"), of("permission"));
  assertEquals(
    await seqs(home, "--type", "PERMISSION", "--type", "user-event"),
    of("permission", "user_event"),
  );
  assertEquals(await seqs(home, "--type", "user_event", "--last", "1"), of("user_event").slice(-1));
});

Deno.test("events: counts", async () => {
  await using home = await withLog();
  assertEquals((await events(home, ["s", "--count"])).out, `${EVENTS.length}\n`);
  assertEquals((await events(home, ["s", "--count", "--type", "usage"])).out, "2\n");
  assertEquals((await events(home, ["s", "--count", "--last", "5"])).out, "5\n");
  assertEquals((await events(home, ["s", "--count", "--after-seq", "999"])).out, "0\n");
});

Deno.test("events: says when there are none, but not to programs", async () => {
  await using home = await withLog();
  const none = ["s", "--after-seq", "999"];
  assertEquals((await events(home, none)).out, "No events found.\n");
  assertEquals((await events(home, [...none, "--json"])).out, "");
});

Deno.test("events: a session that has not begun has none, a log that is lost is an error", async () => {
  await using home = await withLog(null, null);
  assertEquals((await events(home, ["s"])).out, "No events found.\n");
  assertEquals((await events(home, ["s", "--last", "1", "--count"])).out, "0\n");
  await using lost = await withLog(null);
  const { code, out, err } = await events(lost, ["s"]);
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, "Cannot read the session log");
});

Deno.test("events: tells how many lines cannot be read, and lists the others", async () => {
  await using home = await withLog(`${LOG}nonsense\n{"seq":7\n${LOG.split("\n")[0]}`);
  const { code, out, err } = await events(home, ["s", "--json"]);
  assertEquals([code, out.split("\n").length - 1], [0, EVENTS.length + 1]);
  assertEquals(err, "warning: 2 lines of the log cannot be read\n");
  assertEquals((await events(home, ["-q", "s"])).err, "");
});

Deno.test("events: refuses what is no type and no number", async () => {
  await using home = await withLog();
  const wrong = await events(home, ["s", "--type", "usag"]);
  assertEquals(wrong.code, 64);
  assertStringIncludes(wrong.err, "it must be one of session_started, session_meta");
  assertStringIncludes(wrong.err, 'Did you mean "usage"?');
  assertEquals((await events(home, ["s", "--last", "0"])).code, 64);
  assertEquals((await events(home, ["s", "--after-seq", "-1"])).code, 64);
  assertEquals((await events(home, [])).code, 64);
  assertEquals((await events(home, ["other"])).code, 1);
});

Deno.test("events: ends quietly when nobody reads it", async () => {
  await using home = await withLog();
  const { code, err } = await events(home, ["s"], { stdoutClosed: true });
  assertEquals([code, err], [141, ""]);
});

Deno.test("eventLine shows the beginning of a message, without what a terminal would obey", () => {
  const line = eventLine(
    {
      ...EVENTS[0],
      type: "assistant_message",
      content: `\x1b[31m${"é".repeat(200)}`,
      message_id: null,
    } as typeof EVENTS[number],
  );
  assert(line.endsWith(`: ${"é".repeat(120)}...\n`), line);
});

Deno.test("eventLine shows all of a message that has a carriage return", () => {
  const line = (type: string, fields: Record<string, unknown>) =>
    eventLine({ ...EVENTS[0], ...fields, type } as typeof EVENTS[number]).split(": ")[1];
  assertEquals(line("assistant_message", { content: "cr\rover\r\n" }), "cr\\nover\n");
  assertEquals(line("reasoning", { content: "cr\rover" }), "cr\\nover\n");
  assertEquals(line("stderr", { message: "10%\r20%\r" }), "20%\n");
});

Deno.test("eventLine says how a session ended, as far as somebody saw it", () => {
  const ended = (fields: object) =>
    eventLine({ ...EVENTS[0], type: "session_ended", ...fields } as typeof EVENTS[number])
      .split("session_ended: ")[1];
  assertEquals(ended({ success: true, error: null }), "success\n");
  assertEquals(ended({ success: false, error: null, outcome: "unknown" }), "unknown\n");
  assertEquals(ended({ success: false, error: "no", outcome: "unknown" }), "failed - no\n");
  assertEquals(ended({ success: false, error: null }), "failed\n");
});
