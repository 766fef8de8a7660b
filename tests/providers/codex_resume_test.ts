import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { type AgentHome, entries, outputOf, parseLines } from "./agent_home.ts";
import { assertSameOutput } from "./codex_faithful.ts";
import { codexTest, conversation, lastBody, rolloutPaths, said } from "./codex_support.ts";

/** Runs a session of one turn and returns zag's id of it. */
async function startSession(codex: AgentHome, ...args: string[]): Promise<string> {
  const id = crypto.randomUUID();
  const ran = await codex.zag(["--session", id, "exec", ...args, "[[say:the first answer]]"]);
  assertEquals(ran.stdout, "the first answer\n", ran.stderr);
  return id;
}

const REMEMBERED = ["[[say:the first answer]]", "[[say:the second]]", "the first answer"];

for (
  const [title, target] of [
    ["an id", (id: string) => ["--resume", id]],
    ["the beginning of an id", (id: string) => ["--resume", id.slice(0, 8)]],
    ["--continue", () => ["--continue"]],
  ] as const
) {
  codexTest(["resume_with_prompt"], `exec goes on with a session by ${title}`, async (codex) => {
    const id = await startSession(codex);
    const first = await codex.log();
    const native = (await codex.session()).providerSessionId;
    assert(native !== null && native !== id);
    const ran = await codex.zag(["exec", ...target(id), "[[say:the second]]"]);
    assertEquals(ran, { code: 0, signal: null, stdout: "the second\n", stderr: "" });
    assertEquals(conversation(codex), REMEMBERED);
    const log = await codex.log();
    assertEquals(log.slice(0, first.length), first);
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    assertEquals(entries(log, "session_started").map(({ resumed }) => resumed), [false, true]);
    assertEquals(entries(log, "session_ended").length, 2);
    assertEquals(entries(log, "user_message").map(({ content }) => content), [
      "[[say:the first answer]]",
      "[[say:the second]]",
    ]);
    const session = await codex.session();
    assertEquals(
      [session.sessionId, session.providerSessionId, session.resumed, session.outcome],
      [id, native, true, "success"],
    );
    assertEquals((await rolloutPaths(codex)).length, 1);
  });
}

codexTest(
  [],
  "exec goes on with a session that zag did not start, by Codex's id",
  async (codex) => {
    const args = ["exec", "--json", "--skip-git-repo-check", "-"];
    const [started] = parseLines((await codex.bare(args, "[[say:the first answer]]")).stdout);
    const id = started!.thread_id;
    const ran = await codex.zag(["exec", "--resume", id, "[[say:the second]]"]);
    assertEquals(ran.stdout, "the second\n", ran.stderr);
    assertEquals(conversation(codex), REMEMBERED);
    assertEquals((await codex.session()).providerSessionId, id);
    const again = await codex.zag(["exec", "--resume", id, "[[say:the third]]"]);
    assertEquals(again.stdout, "the third\n", again.stderr);
    assertEquals(entries(await codex.log(), "session_started").length, 2);
  },
);

codexTest(["usage"], "exec --resume counts the tokens of its own run", async (codex) => {
  await codex.record();
  const id = await startSession(codex);
  const args = ["exec", "-a", "--resume", id, "-o", "json", "[[bash:echo hi]][[say:x]]"];
  const output = outputOf(await codex.zag(args));
  const [first, second] = (await codex.recorded()).map(({ stdout }) => parseLines(stdout));
  // What the CLI prints are the tokens of both.
  assertEquals(second!.at(-1)!.usage.output_tokens, 15);
  assertSameOutput(output, second!, first!.at(-1)!);
  assertEquals([output.usage?.input_tokens, output.usage?.output_tokens], [24, 10]);
  const usage = entries(await codex.log(), "usage").map(({ output_tokens }) => output_tokens);
  assertEquals(usage, [5, 10]);
  // A turn that failed has cost tokens, too: they are not those of the next one.
  await codex.zag(["exec", "-a", "--resume", id, "[[bash:echo hi]][[err:400]]"]);
  const last = outputOf(await codex.zag(["exec", "--resume", id, "-o", "json", "[[say:x]]"]));
  assertEquals(last.usage?.output_tokens, 5);
});

codexTest([], "exec --resume starts where the session was, with its model", async (codex) => {
  const id = await startSession(codex, "-m", "small");
  const { model } = lastBody(codex);
  assertEquals(model, "gpt-6-luna");
  await Deno.mkdir(`${codex.path}/elsewhere`);
  const args = ["exec", "-a", "-o", "json", "--resume", id, "[[bash:pwd]][[say:the second]]"];
  const ran = await codex.zag(args, { cwd: `${codex.path}/elsewhere` });
  assertEquals(ran.code, 0, ran.stderr);
  assertEquals(lastBody(codex).model, model);
  assertEquals(outputOf(ran).events[0]?.type, "init");
  const other = await codex.zag(["exec", "--resume", id, "-m", "gpt-5.5", "[[say:x]]"]);
  assertEquals(other.stdout, "x\n", other.stderr);
  assertEquals(lastBody(codex).model, "gpt-5.5");
});

codexTest(
  [],
  "exec --resume tells a system prompt that the session did not have",
  async (codex) => {
    const id = await startSession(codex, "--system-prompt", "Be long.");
    const args = ["exec", "--resume", id, "--system-prompt", "Be brief.", "[[say:the second]]"];
    const ran = await codex.zag(args);
    assertEquals(ran.stdout, "the second\n", ran.stderr);
    assert(said(codex, "developer").includes("Be long."));
    assertEquals(said(codex, "user").at(-1), "Be brief.\n\n[[say:the second]]");
  },
);

codexTest([], "exec --resume refuses an id that nobody knows", async (codex) => {
  const ran = await codex.zag(["exec", "--resume", crypto.randomUUID(), "[[say:x]]"]);
  assertEquals(ran.code, 1);
  assertStringIncludes(ran.stderr, "Cannot find session");
  assertEquals(codex.asked, []);
});

codexTest([], "exec --resume says so when Codex has lost the session", async (codex) => {
  const id = await startSession(codex);
  await Deno.remove(`${codex.path}/.codex/sessions`, { recursive: true });
  const ran = await codex.zag(["exec", "--resume", id, "[[say:x]]"]);
  assert(ran.code !== 0);
  assertStringIncludes(ran.stderr, "rollout");
  assertEquals((await codex.session()).outcome, "unknown");
});
