import { collectCommand } from "../../../src/cli/commands/collect.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { resolveProject } from "../../../src/config/project.ts";
import type { LogKind } from "../../../src/events/log_event.ts";
import { startTimeOf } from "../../../src/processes/process_table.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { record, RECORDED_AT } from "../../support/recorded.ts";
import { TestHome } from "../../support/zag.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";

async function collect(home: TestHome, args: string[], options: FakeContextOptions = {}) {
  const ctx = fakeContext({ env: home.env(), cwd: home.work, ...options });
  const code = await createApp([collectCommand]).run(["collect", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

function said(content: string): LogKind {
  return { type: "assistant_message", content, message_id: null };
}

async function ids(home: TestHome, args: string[]): Promise<string[]> {
  const { code, out, err } = await collect(home, [...args, "--json"]);
  assertEquals([code, err], [0, ""]);
  return JSON.parse(out).map(({ session_id }: { session_id: string }) => session_id);
}

Deno.test("collect prints a line for each session and its whole result below", async () => {
  await using home = await TestHome.create();
  const long = "0123456789\n".repeat(30_000);
  record(home, "4fd0a1c2-aaaa", { name: "back end", kinds: [said("first"), said("done\n\n")] });
  record(home, "99887766-bbbb", { kinds: [said(long)] });
  assertEquals(await collect(home, ["9988", "back end"]), {
    code: 0,
    out: `=== 99887766 [completed] ===\n${long}\n=== back end (4fd0a1c2) [completed] ===\ndone\n`,
    err: "",
  });
});

Deno.test("collect --json is one line with an array, also for one session", async () => {
  await using home = await TestHome.create();
  const handedIn: LogKind = { type: "session_result", result: "handed in\n" };
  record(home, "s-1", { name: "n", kinds: [handedIn, said("later")] });
  record(home, "s-2", { model: null, outcome: "failure", error: "no quota" });
  const one = { session_id: "s-1", name: "n", provider: "mock", model: "mock-medium" };
  const first = { ...one, status: "completed", result_text: "handed in\n" };
  const second = { session_id: "s-2", provider: "mock", model: null };
  assertEquals(await collect(home, ["s-1", "--json"]), {
    code: 0,
    out: JSON.stringify([first]) + "\n",
    err: "",
  });
  assertEquals(
    (await collect(home, ["s-1", "s-2", "--json"])).out,
    JSON.stringify([first, { ...second, status: "failed", error: "no quota" }]) + "\n",
  );
});

Deno.test("collect keeps the order of the ids, then takes the tags newest first, each once", async () => {
  await using home = await TestHome.create();
  for (const [index, tag] of ["a", "a", "b", "a"].entries()) {
    const createdAt = `2026-01-0${index + 1}T00:00:00Z`;
    const providerSessionId = `native-${index}`;
    record(home, `long-${index}`, { tags: [tag], createdAt, providerSessionId, name: `n${index}` });
  }
  assertEquals(await ids(home, ["long-1", "long-3", "long-0"]), ["long-1", "long-3", "long-0"]);
  assertEquals(await ids(home, ["--tag", "A"]), ["long-3", "long-1", "long-0"]);
  assertEquals(await ids(home, ["long-1", "--tag", "a"]), ["long-1", "long-3", "long-0"]);
  const both = ["--tag", "b", "--tag", "a"];
  assertEquals(await ids(home, both), ["long-2", "long-3", "long-1", "long-0"]);
  // However a session is pointed at, its own id is printed.
  assertEquals(await ids(home, ["native-2", "n0", "long-2"]), ["long-2", "long-0"]);
});

Deno.test("collect looks for names and tags in the project, and with --global in all", async () => {
  await using home = await TestHome.create();
  record(home, "s-here", { tags: ["t"] });
  record(home, "s-there", {
    tags: ["t"],
    project: "other-0a1b2c3d",
    createdAt: "2026-03-01T00:00:00Z",
  });
  assertEquals(await ids(home, ["--tag", "t"]), ["s-here"]);
  assertEquals(await ids(home, ["--tag", "t", "--global"]), ["s-there", "s-here"]);
  assertEquals(await ids(home, ["s-there"]), ["s-there"]);
  const { key } = await resolveProject({ root: home.work, cwd: "/" });
  record(home, "s-root", { tags: ["t"], project: key! });
  assertEquals(await ids(home, ["--tag", "t", "-r", home.work]), ["s-root"]);
});

Deno.test("collect reports what it does not find, and prints the others", async () => {
  await using home = await TestHome.create();
  record(home, "same-1", { kinds: [said("one")] });
  record(home, "same-2", { kinds: [said("two")] });
  const { code, out, err } = await collect(home, ["nope", "same-2", "same", "--tag", "none"]);
  assertEquals([code, out], [1, "=== same-2 [completed] ===\ntwo\n"]);
  const reported = err.split("\n").filter((line) => line.startsWith("error: "));
  assertEquals(reported.length, 3);
  assertStringIncludes(reported[0]!, 'Cannot find session "nope"');
  assertStringIncludes(reported[1]!, 'Cannot choose a session for "same": same-');
  assertStringIncludes(reported[2]!, 'Cannot find a session tagged "none" in this project');
  const json = await collect(home, ["nope", "same-2", "--json"]);
  assertEquals([json.code, JSON.parse(json.out).length], [1, 1]);
});

const unknown: [string[], string][] = [
  [["nope"], 'Cannot find session "nope"'],
  [["--tag", "t"], 'Cannot find a session tagged "t" in this project'],
  [["--tag", "t", "--global"], 'Cannot find a session tagged "t"'],
  [["nope", "--tag", "t"], 'Cannot find a session tagged "t" in this project'],
];

for (const [args, message] of unknown) {
  Deno.test(`collect "${args.join(" ")}" finds nothing, and says so in the shape asked for`, async () => {
    await using home = await TestHome.create();
    const { code, out, err } = await collect(home, args);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, `error: ${message}`);
    const json = await collect(home, [...args, "--json"]);
    assertEquals([json.code, json.out, json.err], [1, "[]\n", err]);
  });
}

const refused: [string[], string, number][] = [
  [[], "Cannot choose a session: give one or more, or --tag\nA session goes by its id", 64],
  [["s-1", ""], "Cannot choose a session by an empty text", 64],
  [["--json"], "Cannot choose a session: give one or more, or --tag", 64],
  [["s-1", "-r", "nowhere"], "as the root: no such directory", 1],
];

for (const [args, message, expected] of refused) {
  Deno.test(`collect refuses "${args.join(" ")}"`, async () => {
    await using home = await TestHome.create();
    const { code, out, err } = await collect(home, args);
    assertEquals([code, out], [expected, ""]);
    assertStringIncludes(err, message);
  });
}

Deno.test("collect reports a log that cannot be read, and prints the session nevertheless", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { kinds: [said("one")] });
  const gone = record(home, "s-2", { kinds: null });
  record(home, "s-3", { kinds: null, logPath: null, outcome: "failure", error: "no quota" });
  record(home, "s-4", { kinds: null, logPath: home.work });
  const { code, out, err } = await collect(home, ["s-2", "s-3", "s-1"]);
  assertEquals([code, out, err], [
    1,
    `=== s-2 [completed] ===
error: its log is gone: ${gone}

=== s-3 [failed] ===
error: no quota

=== s-1 [completed] ===
one
`,
    `error: Cannot read the result of session "s-2": its log is gone: ${gone}
error: Cannot read the result of session "s-3": it has no log
`,
  ]);
  const json = await collect(home, ["s-4", "s-1", "--json"]);
  assertEquals(json.code, 1);
  const [unreadable, sound] = JSON.parse(json.out);
  assertEquals(["result_text" in unreadable, sound.result_text], [false, "one"]);
  assertMatch(unreadable.error, /os error/);
});

Deno.test("collect tells of every session how it stands, and waits for none", async () => {
  await using home = await TestHome.create();
  const run = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid) ?? null };
  const unended = { outcome: null, run };
  record(home, "s-run", { ...unended, kinds: [said("so far")] });
  record(home, "s-new", { ...unended, kinds: null });
  record(home, "s-dead", { outcome: "dead", error: "zag was killed", kinds: [said("half")] });
  record(home, "s-old", { outcome: null, kinds: [said("long ago")] });
  record(home, "s-mute", {});
  const args = ["s-run", "s-new", "s-dead", "s-old", "s-mute"];
  const at = (later: number) => ({ now: new Date(Date.parse(RECORDED_AT) + later) });
  assertEquals(await collect(home, args, at(0)), {
    code: 0,
    out: `=== s-run [running] ===
so far

=== s-new [running] ===

=== s-dead [dead] ===
half
error: zag was killed

=== s-old [unknown] ===
long ago

=== s-mute [completed] ===
`,
    err: "",
  });
  const later = JSON.parse((await collect(home, [...args, "--json"], at(60_000))).out);
  const rest = { provider: "mock", model: "mock-medium" };
  assertEquals(later.slice(0, 2), [
    { session_id: "s-run", ...rest, status: "idle", result_text: "so far" },
    { session_id: "s-new", ...rest, status: "idle" },
  ]);
});

Deno.test("collect colours the status and the error at a terminal, and nothing else", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { outcome: "failure", error: "no quota", kinds: [said("half")] });
  const colored = "=== \x1b[1ms-1\x1b[0m [\x1b[31mfailed\x1b[0m] ===\nhalf\n" +
    "\x1b[31merror: no quota\x1b[0m\n";
  const plain = "=== s-1 [failed] ===\nhalf\nerror: no quota\n";
  assertEquals((await collect(home, ["s-1"], { stdoutTty: true })).out, colored);
  assertEquals((await collect(home, ["s-1"])).out, plain);
  assertEquals((await collect(home, ["-q", "s-1"], { stdoutTty: true })).out, plain);
  const env = home.env({ NO_COLOR: "1" });
  assertEquals((await collect(home, ["s-1"], { stdoutTty: true, env })).out, plain);
});

Deno.test("collect keeps from a terminal what would drive it, and results whole in a pipe", async () => {
  await using home = await TestHome.create();
  const result = "red \x1b[31m\ttab\r\nline\x07 \u202eeil";
  record(home, "s-1", {
    name: "a\x1b]0;title\x07\nb\u202e",
    outcome: "failure",
    error: "no \x1b[2Jquota",
    kinds: [said(result)],
  });
  const env = home.env({ NO_COLOR: "1" });
  assertEquals(
    (await collect(home, ["s-1"], { stdoutTty: true, env })).out,
    "=== a b (s-1) [failed] ===\nred \ttab\nline eil\nerror: no quota\n",
  );
  const piped = (await collect(home, ["s-1"])).out;
  assertEquals(piped, `=== a b (s-1) [failed] ===\n${result}\nerror: no quota\n`);
  const json = (await collect(home, ["s-1", "--json"], { stdoutTty: true })).out;
  // deno-lint-ignore no-control-regex
  assert(!/[\x1b\x07\u202e]/.test(json));
  assertEquals(JSON.parse(json)[0].result_text, result);
  assertEquals(JSON.parse((await collect(home, ["s-1", "--json"])).out)[0].result_text, result);
});

Deno.test("collect tells at a terminal how many results it has read, and takes that away", async () => {
  await using home = await TestHome.create();
  const all = Array.from({ length: 3 }, (_, index) => `id-${index}`);
  for (const id of all) record(home, id, { kinds: [said("done")] });
  let ms = 0;
  const now = () => new Date(Date.parse(RECORDED_AT) + (ms += 600));
  const text = await collect(home, all, { stderrTty: true, now });
  const line = (index: number) => `\rReading results: ${index} of 3\x1b[K`;
  assertEquals(text.err, [1, 2, 3].map((index) => `${line(index)}\r\x1b[K`).join(""));
  const json = await collect(home, [...all, "--json"], { stderrTty: true, now });
  assertEquals(json.err, `${line(1)}${line(2)}${line(3)}\r\x1b[K`);
  assertEquals(JSON.parse(json.out).length, 3);
  assertEquals((await collect(home, ["-q", ...all], { stderrTty: true, now })).err, "");
  assertEquals((await collect(home, all, { now })).err, "");
});
