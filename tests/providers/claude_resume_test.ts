import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import {
  type ClaudeHome,
  claudeProves,
  entries,
  outputOf,
  parseLines,
  systemText,
  userTexts,
  withClaude,
} from "./claude_support.ts";

/** Runs a session of one turn and returns its id. */
async function startSession(claude: ClaudeHome, ...args: string[]): Promise<string> {
  const ran = await claude.zag(["exec", ...args, "-o", "json", "[[say:the first answer]]"]);
  assertEquals(ran.code, 0, ran.stderr);
  return outputOf(ran).session_id;
}

/** What the model was told by the last request: prompts and answers of the conversation. */
function conversation(claude: ClaudeHome): string[] {
  const { messages } = claude.lastBody;
  const answers = messages.filter(({ role }) => role === "assistant").flatMap(({ content }) =>
    typeof content === "string" ? [content] : content.flatMap(({ text }) => text ?? [])
  );
  const prompts = userTexts(claude.lastBody).filter((text) => text.includes("[["));
  return [...prompts, ...answers];
}

const REMEMBERED = ["[[say:the first answer]]", "[[say:the second]]", "the first answer"];

for (
  const [title, target] of [
    ["an id", (id: string) => ["--resume", id]],
    ["the beginning of an id", (id: string) => ["--resume", id.slice(0, 8)]],
    ["--continue", () => ["--continue"]],
  ] as const
) {
  Deno.test(`claude exec goes on with a session by ${title}`, () =>
    claudeProves(["resume_with_prompt"], async (claude) => {
      const id = await startSession(claude);
      const first = await claude.log();
      const ran = await claude.zag(["exec", ...target(id), "[[say:the second]]"]);
      assertEquals(ran, { code: 0, signal: null, stdout: "the second\n", stderr: "" });
      assertEquals(conversation(claude), REMEMBERED);
      const log = await claude.log();
      assertEquals(log.slice(0, first.length), first);
      assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
      assertEquals(entries(log, "session_started").map(({ resumed }) => resumed), [false, true]);
      assertEquals(entries(log, "session_ended").length, 2);
      assertEquals(entries(log, "user_message").map(({ content }) => content), [
        "[[say:the first answer]]",
        "[[say:the second]]",
      ]);
      const session = await claude.session();
      assertEquals(session.sessionId, id);
      assertEquals(session.providerSessionId, id);
      assertEquals(session.resumed, true);
      assertEquals(session.outcome, "success");
    }));
}

Deno.test("claude exec goes on with a session that zag did not start, by Claude's id", () =>
  withClaude(async (claude) => {
    const bare = await claude.bare(["-p", "--output-format=json"], "[[say:the first answer]]");
    const id = JSON.parse(bare.stdout).session_id;
    const ran = await claude.zag(["exec", "--resume", id, "[[say:the second]]"]);
    assertEquals(ran.stdout, "the second\n", ran.stderr);
    assertEquals(conversation(claude), REMEMBERED);
    assertEquals((await claude.session()).providerSessionId, id);
    const again = await claude.zag(["exec", "--resume", id, "[[say:the third]]"]);
    assertEquals(again.stdout, "the third\n", again.stderr);
    assertEquals(entries(await claude.log(), "session_started").length, 2);
  }));

Deno.test("claude exec --resume starts where the session was, with its model", () =>
  withClaude(async (claude) => {
    const id = await startSession(claude, "-m", "small");
    const { model } = claude.lastBody;
    assertMatch(model, /haiku/);
    await Deno.mkdir(`${claude.path}/elsewhere`);
    const args = ["exec", "--resume", id, "[[say:the second]]"];
    const ran = await claude.zag(args, { cwd: `${claude.path}/elsewhere` });
    assertEquals(ran.stdout, "the second\n", ran.stderr);
    assertEquals(conversation(claude), REMEMBERED);
    assertEquals(claude.lastBody.model, model);
    const other = await claude.zag(["exec", "--resume", id, "-m", "sonnet", "[[say:x]]"]);
    assertEquals(other.code, 0, other.stderr);
    assertMatch(claude.lastBody.model, /sonnet/);
  }));

Deno.test("claude exec --resume adds to the system prompt", () =>
  withClaude(async (claude) => {
    const id = await startSession(claude);
    const args = ["exec", "--resume", id, "--system-prompt", "Be brief.", "[[say:the second]]"];
    const ran = await claude.zag(args);
    assertEquals(ran.stdout, "the second\n", ran.stderr);
    assertEquals(conversation(claude), REMEMBERED);
    assert(systemText(claude.lastBody).includes("Be brief."), "Claude keeps its first prompt");
  }));

Deno.test("claude exec --resume counts the tokens and the cost of its own run", () =>
  withClaude(async (claude) => {
    await claude.record();
    const id = await startSession(claude);
    const args = ["exec", "-a", "--resume", id, "-o", "json", "[[bash:echo hi]][[say:x]]"];
    const output = outputOf(await claude.zag(args));
    const [, second] = await claude.recorded();
    const result = parseLines(second!.stdout).at(-1)!;
    assertEquals(output.usage?.output_tokens, result.usage.output_tokens);
    assertEquals(output.usage?.output_tokens, 10);
    assertEquals(output.total_cost_usd, result.total_cost_usd);
    const usage = entries(await claude.log(), "usage").map(({ output_tokens }) => output_tokens);
    assertEquals(usage, [5, 10]);
  }));

Deno.test("claude exec --resume refuses an id that nobody knows", () =>
  withClaude(async (claude) => {
    await startSession(claude);
    const unknown = "00000000-0000-4000-8000-000000000000";
    const ran = await claude.zag(["exec", "--resume", unknown, "[[say:x]]"]);
    assertEquals(ran.code, 1);
    assertStringIncludes(ran.stderr, `"${unknown}"`);
    assertEquals(claude.asked.length, 1);
    assertEquals((await claude.home.logPaths()).length, 1);
  }));

Deno.test("claude exec --resume fails when Claude has lost the session", () =>
  withClaude(async (claude) => {
    const id = await startSession(claude);
    await Deno.remove(claude.transcriptPath(id));
    const ran = await claude.zag(["exec", "--exit-on-failure", "--resume", id, "[[say:x]]"]);
    assertEquals(ran.code, 1);
    assertMatch(ran.stderr, /No conversation found/);
    assertEquals(claude.asked.length, 1);
    assertEquals((await claude.session()).outcome, "failure");
  }));

Deno.test("claude exec --resume does not take an old answer for a new one", () =>
  withClaude(async (claude) => {
    const id = await startSession(claude);
    await claude.program("claude", ["#!/bin/sh", "echo out of order >&2", "exit 7"]);
    for (const format of [[], ["-o", "text"]]) {
      const ran = await claude.zag(["exec", ...format, "--resume", id, "[[say:x]]"]);
      assertEquals(ran.code, 2);
      assertEquals(ran.stdout, "");
      assertStringIncludes(ran.stderr, "ended without a result (exit code 7): out of order");
      assert(["unknown", "failure"].includes((await claude.session()).outcome!));
    }
  }));

Deno.test("claude exec --continue has nothing to go on with in a new place", () =>
  withClaude(async (claude) => {
    const ran = await claude.zag(["exec", "--continue", "[[say:x]]"]);
    assertEquals(ran.code, 1);
    assertStringIncludes(ran.stderr, "Cannot continue");
    assertEquals(claude.asked, []);
  }));

Deno.test("claude exec --session sets the id, once", () =>
  withClaude(async (claude) => {
    const id = crypto.randomUUID();
    assertEquals(await startSession(claude, "--session", id), id);
    const again = await claude.zag(["--session", id, "exec", "[[say:x]]"]);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, id);
    assertEquals(claude.asked.length, 1);
  }));
