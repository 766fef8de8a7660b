import { retryCommand } from "../../../src/cli/commands/retry.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { startTimeOf } from "../../../src/processes/process_table.ts";
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
  ["without a prompt", FAILED, "its prompt is not known"],
  ["without a log", { ...FAILED, kinds: null }, "its prompt is not known"],
  ["nobody saw the end of", { command: "import", outcome: "unknown" }, "nobody knows how it ended"],
  ["in a sandbox", { ...FAILED, sandboxName: "box" }, "it worked in a sandbox"],
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
  const { code, out } = await retry(home, ["nobody", "--tag", "none"]);
  assertEquals(code, 1);
  assertStringIncludes(out, '✗ nobody: Cannot find session "nobody"');
  assertStringIncludes(out, '✗ none: Cannot find a session tagged "none" in this project');
  const json = await retry(home, ["nobody", "--tag", "none", "--json"]);
  assertEquals(JSON.parse(json.out).length, 2);
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
