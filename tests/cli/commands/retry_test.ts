import { retryCommand } from "../../../src/cli/commands/retry.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { startTimeOf } from "../../../src/processes/process_table.ts";
import { ZagError } from "../../../src/errors.ts";
import { retrySessions } from "../../../src/orchestration/retry_session.ts";
import { SessionStore } from "../../../src/sessions/store.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { record, type Recorded } from "../../support/recorded.ts";
import { TestHome } from "../../support/zag.ts";

async function retry(home: TestHome, args: string[]) {
  const ctx = fakeContext({ cwd: home.work, env: home.env() });
  const code = await createApp([retryCommand]).run(["retry", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

Deno.test("retry without a session is a usage error", async () => {
  await using home = await TestHome.create();
  const { code, out, err } = await retry(home, ["--failed"]);
  assertEquals([code, out], [64, ""]);
  assertStringIncludes(err, "Cannot choose a session: give one or more, or --tag");
});

const FAILED = { outcome: "failure" } as const;
const PROMPT = { type: "user_message", role: "user", content: "hi", message_id: null } as const;

const REFUSED: readonly [string, Recorded, string, string?][] = [
  [
    "that runs",
    { outcome: null, run: { ownerStart: startTimeOf(Deno.pid) ?? null } },
    "it is running",
    "zag cancel",
  ],
  [
    "of run",
    { command: "run", ...FAILED },
    "it was a conversation at a terminal",
    "zag run --resume s-1",
  ],
  [
    "whose long prompt is in no log",
    { ...FAILED, kinds: [PROMPT], launch: { composed_prompt: "x".repeat(10_000) } },
    "what it was started with was not kept whole",
  ],
  ["without a prompt", FAILED, "its prompt is not known"],
  ["without a log", { ...FAILED, kinds: null }, "its prompt is not known"],
  ["nobody saw the end of", { command: "import", outcome: "unknown" }, "nobody knows how it ended"],
  [
    "whose directory is gone",
    { ...FAILED, kinds: [PROMPT], cwd: "/no/such/place" },
    "the directory that it was started in is gone: /no/such/place",
  ],
  [
    "with a stream of messages",
    { ...FAILED, kinds: [PROMPT], launch: { inputFormat: "stream-json" } },
    "its messages came from stdin while it ran",
  ],
  [
    "with an inline MCP configuration",
    { ...FAILED, kinds: [PROMPT], launch: { mcp_inline: true } },
    "its MCP servers were given as JSON",
    "--mcp-config",
  ],
  [
    "that depends on one that failed",
    { ...FAILED, kinds: [PROMPT], dependencies: ["first"] },
    'session "first", which it depends on, did not complete',
    "Retry that one, too",
  ],
  [
    "that never began, and depends on one that is gone",
    { ...FAILED, kinds: [PROMPT], dependencies: ["gone"], startedAt: null },
    'session "gone", which it depends on, is not known any more',
  ],
];

for (const [what, recorded, reason, hint] of REFUSED) {
  Deno.test(`retry refuses a session ${what}`, async () => {
    await using home = await TestHome.create();
    record(home, "first", FAILED);
    record(home, "s-1", recorded);
    const { code, out, err } = await retry(home, ["s-1"]);
    assertEquals(code, 1);
    assertStringIncludes(out, `✗ s-1: ${reason}`);
    if (hint === undefined) assertEquals(err, "");
    else assertStringIncludes(err, hint);
    const json = await retry(home, ["s-1", "--json", "-q"]);
    const [info] = JSON.parse(json.out);
    assertEquals([json.code, json.err], [1, ""]);
    assertStringIncludes(info.error, reason);
    assertEquals(
      [info.original_session_id, info.new_session_id, info.retried],
      ["s-1", null, false],
    );
    assertEquals(home.rows("sessions").length, 2);
  });
}

Deno.test("retry reports what it does not find, in the shape asked for", async () => {
  await using home = await TestHome.create();
  const { code, out, err } = await retry(home, ["nobody", "--tag", "none"]);
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, 'error: Cannot find session "nobody"');
  assertStringIncludes(
    err,
    'error: Cannot find a session tagged "none" in this project\nLook in all projects with --global\n',
  );
  const json = await retry(home, ["nobody", "--tag", "none", "--json"]);
  const infos = JSON.parse(json.out);
  assertEquals(
    [json.code, json.err, infos.length, infos[0].original_session_id],
    [1, err, 1, "nobody"],
  );
});

Deno.test("retry takes no name of another project", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { ...FAILED, kinds: [PROMPT], name: "theirs", project: "other-0a1b2c3d" });
  const { code, out, err } = await retry(home, ["theirs"]);
  assertEquals([code, out, home.rows("sessions").length], [1, "", 1]);
  assertStringIncludes(err, "A session of another project has this name");
});

Deno.test("retry --tag passes over what was tried again, and --failed over what went well then", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { ...FAILED, tags: ["t"] });
  record(home, "s-2", { tags: ["t"], retriedFrom: "s-1" });
  assertEquals((await retry(home, ["--tag", "t", "--failed"])).err, "No session has failed\n");
  record(home, "s-3", { ...FAILED, tags: ["t"], retriedFrom: "s-2" });
  const { out } = await retry(home, ["--tag", "t", "--failed", "--json"]);
  // It has no prompt; what counts is that it alone is tried.
  assertEquals(
    JSON.parse(out).map((info: Record<string, unknown>) => info.original_session_id),
    ["s-3"],
  );
  const byId = JSON.parse((await retry(home, ["s-1", "--json"])).out);
  assertEquals(byId[0].original_session_id, "s-1");
});

Deno.test("retry goes on with the others when one cannot be started for whatever reason", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { ...FAILED, kinds: [PROMPT] });
  record(home, "s-2", { ...FAILED, kinds: [PROMPT] });
  using store = SessionStore.open(`${home.path}/.zag/zag.db`);
  const sessions = ["s-1", "s-2"].map((id) => store.getSession(id)!);
  const tried: (string | undefined)[] = [];
  const results = await Array.fromAsync(retrySessions({
    store,
    host: fakeContext({ cwd: home.work, env: home.env() }),
    spawn: ({ retriedFrom }) => {
      tried.push(retriedFrom);
      return Promise.reject(new TypeError("out of luck"));
    },
  }, sessions));
  assertEquals(tried, ["s-1", "s-2"]);
  for (const { error, newId } of results) {
    assertEquals([error?.message, error instanceof ZagError, newId], [
      "out of luck",
      true,
      undefined,
    ]);
  }
});

Deno.test("retry --failed passes over what completed or runs, and says when nothing is left", async () => {
  await using home = await TestHome.create();
  record(home, "s-1", { tags: ["t"] });
  const run = { ownerStart: startTimeOf(Deno.pid) ?? null };
  record(home, "s-2", { tags: ["t"], outcome: null, run });
  record(home, "s-3", { tags: ["t"], command: "import", outcome: "unknown" });
  assertEquals(await retry(home, ["--tag", "t", "--failed"]), {
    code: 0,
    out: "",
    err: "No session has failed\n",
  });
  assertEquals(await retry(home, ["--tag", "t", "--failed", "--json", "-q"]), {
    code: 0,
    out: "[]\n",
    err: "",
  });
});
