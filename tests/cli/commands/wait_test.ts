import { commands } from "../../../src/cli/commands.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { waitFor } from "../../support/living.ts";
import { ago, ALIVE, NOW, Recorded, uuid } from "./session/support.ts";

const [RUNNING, FAILED, DONE, DEAD, LOST] = [uuid(1), uuid(2), uuid(3), uuid(4), uuid(5)] as const;

async function recorded(): Promise<Recorded> {
  const given = await Recorded.create();
  given.add(RUNNING, { createdAt: ago(1), outcome: null, name: "at\nwork", tags: ["night"] }, {
    ...ALIVE,
    status: "running",
  });
  given.add(FAILED, {
    createdAt: ago(3),
    endedAt: ago(2),
    outcome: "failure",
    exitCode: 3,
    error: "no\x1b[31m luck\n today",
    name: "bad\x07 one",
    tags: ["night", "bad"],
  });
  given.add(DONE, { createdAt: ago(4), endedAt: ago(3), exitCode: 0 });
  given.add(DEAD, { createdAt: ago(5), outcome: null });
  given.add(LOST, { createdAt: ago(6), endedAt: ago(6), outcome: "unknown", command: "import" });
  return given;
}

Deno.test("wait prints a line for each session, in the order of the ends", async () => {
  await using given = await recorded();
  const args = ["wait", DEAD, FAILED, DONE, LOST];
  const { code, out, err } = await given.zag(args);
  assertEquals(out.split("\n"), [
    `${LOST} ? unknown: nobody saw how it ended`,
    `${DONE} ✓ completed`,
    `${FAILED} (bad one) ✗ failed: no luck today`,
    `${DEAD} ✗ failed: it never began`,
    "",
  ]);
  assertEquals([code, err], [1, ""]);
});

Deno.test("wait colours the ends at a terminal only", async () => {
  await using given = await recorded();
  const tty = { stdoutTty: true };
  assertEquals((await given.zag(["wait", DONE], tty)).out, `${DONE} \x1b[32m✓ completed\x1b[0m\n`);
  assertStringIncludes((await given.zag(["wait", FAILED], tty)).out, "\x1b[31m✗ failed\x1b[0m: no");
  const plain = { ...tty, env: { NO_COLOR: "1" } };
  assertEquals((await given.zag(["wait", DONE], plain)).out, `${DONE} ✓ completed\n`);
  assertStringIncludes((await given.zag(["wait", LOST], tty)).out, "\x1b[33m? unknown\x1b[0m: no");
  assertEquals((await given.zag(["-q", "wait", DONE], tty)).out, `${DONE} ✓ completed\n`);
});

Deno.test("wait --json prints an object a line", async () => {
  await using given = await recorded();
  const { code, out } = await given.zag(["wait", "--json", FAILED, DONE]);
  assertEquals(out.trimEnd().split("\n").map((line) => JSON.parse(line)), [
    { session_id: DONE, success: true, error: null },
    { session_id: FAILED, success: false, error: "no\x1b[31m luck\n today" },
  ]);
  assertEquals(code, 1);
  const shown = await given.zag(["wait", "--json", FAILED], { stdoutTty: true });
  assert(!shown.out.includes("\x1b"), "nothing drives the terminal");
});

Deno.test("wait --any prints the first end only", async () => {
  await using given = await recorded();
  const { code, out, err } = await given.zag(["wait", "--any", RUNNING, FAILED, DONE]);
  assertEquals([code, out, err], [0, `${DONE} ✓ completed\n`, ""]);
  assertEquals((await given.zag(["wait", "--any", "--tag", "NIGHT"])).code, 1);
});

Deno.test("wait finds sessions by what names them", async () => {
  await using given = await recorded();
  for (const args of [[DONE.slice(0, 8)], [DONE, DONE], [DONE, "--global"]]) {
    assertEquals(await given.out(["wait", ...args]), `${DONE} ✓ completed\n`, args.join(" "));
  }
  assertStringIncludes((await given.zag(["wait", "--tag", "bad"])).out, FAILED);
});

Deno.test("wait --timeout names the sessions that go on", async () => {
  await using given = await recorded();
  const text = await given.zag(["wait", "--timeout", "1s", DONE, RUNNING]);
  assertEquals([text.code, text.out], [124, `${DONE} ✓ completed\n`]);
  assertEquals(
    text.err,
    `error: Cannot wait for session "${RUNNING}" (at work): it had not ended after 1s\n`,
  );
  const json = await given.zag(["-q", "wait", "--latest", "--timeout", "1", "--json"]);
  assertEquals(
    [json.code, json.out],
    [124, `{"session_id":"${RUNNING}","success":false,"error":"timeout"}\n`],
  );
});

Deno.test("wait tells at a terminal how far it is, and takes that away", async () => {
  await using given = await recorded();
  const args = ["wait", DONE, FAILED, RUNNING];
  let ms = 0;
  const now = () => new Date(NOW.getTime() + (ms += 600));
  const surroundings = { stderrTty: true, now, cwd: given.home.work, env: given.home.env() };
  const ctx = fakeContext(surroundings);
  const ended = createApp(commands).run(args, ctx);
  // deno-lint-ignore no-control-regex
  const line = /\rWaiting for 3 sessions: 1 completed, 1 failed, 1 running \([\dms ]+s\)\x1b\[K/;
  await waitFor("the line", () => line.test(ctx.err) || undefined);
  const quiet = await given.zag(["-q", ...args, "--timeout", "1s"], { stderrTty: true, now });
  assert(!quiet.err.includes("Waiting"), "nothing with --quiet");
  given.store.deleteSession(RUNNING);
  assertEquals(await ended, 1);
  assert(ctx.err.endsWith("\r\x1b[K"), ctx.err);
});

Deno.test("wait --debug says what is polled", async () => {
  await using given = await recorded();
  const { err } = await given.zag(["-d", "wait", "--timeout", "1", RUNNING]);
  assertStringIncludes(err, "the processes of 1 sessions are polled every 1000 ms");
});

const refused: [string[], number, string][] = [
  [[], 64, "Cannot choose a session: give one or more, --tag or --latest"],
  [[DONE, "--latest"], 64, "together with --latest"],
  [["--tag", "night", "--latest"], 64, "Cannot use --tag together with --latest"],
  [[DONE, "--timeout", "soon"], 64, "Cannot parse duration"],
  [[""], 64, "Cannot choose a session by an empty text"],
  [[DONE, "--tag", "none"], 1, 'Cannot find a session tagged "none" in this project'],
  [["nobody"], 1, 'Cannot find session "nobody"'],
  [[RUNNING, "nobody"], 1, 'Cannot find session "nobody"'],
  [["--tag", "none"], 1, 'Cannot find a session tagged "none" in this project'],
];

for (const [args, expected, message] of refused) {
  Deno.test(`wait refuses ${args.join(" ") || "nothing"}`, async () => {
    await using given = await recorded();
    const { code, out, err } = await given.zag(["wait", ...args]);
    assertStringIncludes(err, message);
    assertEquals([code, out], [expected, ""]);
  });
}
