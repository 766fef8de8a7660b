import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { assertSameEvents, readNative } from "./claude_faithful.ts";
import {
  type ClaudeHome,
  claudeProves,
  entries,
  eventsOf,
  only,
  userTexts,
  withClaude,
} from "./claude_support.ts";

const STREAM = ["exec", "-i", "stream-json", "-o", "stream-json"];

/** A message in zag's own form. */
function message(text: string): string {
  return JSON.stringify({ type: "user_message", content: text }) + "\n";
}

/** What the user said, as the log has it. */
async function loggedPrompts(claude: ClaudeHome): Promise<string[]> {
  return entries(await claude.log(), "user_message").map(({ content }) => content);
}

Deno.test("claude exec -i stream-json makes messages the turns of one session", () =>
  claudeProves(["streaming_input"], async (claude) => {
    await claude.record();
    const ran = await claude.zag([...STREAM, "[[say:one]]"], {
      stdin: "\n" + message("[[bash:echo hi]][[say:two]]"),
    });
    assertEquals(ran.code, 0, ran.stderr);
    const events = eventsOf(ran);
    const { events: native } = await claude.native();
    assertSameEvents(events, native);
    assertEquals(only(events, "init").length, 1);
    assertEquals(only(events, "turn_complete").map(({ turn_index }) => turn_index), [0, 1]);
    assertEquals(only(events, "result").map(({ message }) => message), ["one", "two"]);
    assertEquals(only(events, "user_message"), []);
    const prompts = ["[[say:one]]", "[[bash:echo hi]][[say:two]]"];
    assertEquals(await loggedPrompts(claude), prompts);
    const told = userTexts(claude.lastBody);
    assertEquals(told.filter((text) => text.includes("[[")), prompts);
    const { usage, costUsd } = readNative(native);
    assertEquals(usage.output_tokens, 15);
    const session = await claude.session();
    assertEquals(session.outcome, "success");
    assertEquals(session.inputTokens, usage.input_tokens);
    assertEquals(session.outputTokens, usage.output_tokens);
    assertEquals(session.costUsd, costUsd);
  }));

for (const replay of [false, true]) {
  const flags = replay ? ["--replay-user-messages"] : [];
  Deno.test(`claude exec ${["-i stream-json", ...flags].join(" ")} logs each message once`, () =>
    withClaude(async (claude) => {
      const texts = ["[[say:one]]", "[[say:two]]", "[[say:three]]"];
      const ran = await claude.zag([...STREAM, ...flags, texts[0]!], {
        stdin: message(texts[1]!) + message(texts[2]!),
      });
      assertEquals(ran.code, 0, ran.stderr);
      assertEquals(await loggedPrompts(claude), texts);
      // Claude makes one turn of the messages that have come by the end of another.
      const repeated = only(eventsOf(ran), "user_message").map(({ content }) =>
        content.map((block) => block.type === "text" ? block.text.trim() : block)
      );
      assertEquals(repeated, replay ? [texts.slice(0, 1), texts.slice(1)] : []);
      assertEquals(only(eventsOf(ran), "result").map(({ message }) => message), ["one", "three"]);
      assertEquals((await claude.session()).outcome, "success");
    }));
}

Deno.test("claude exec -i stream-json answers while stdin stays open", () =>
  withClaude(async (claude) => {
    const zag = claude.spawn(STREAM, { stdin: "open" });
    await zag.write(message("[[say:first answer]]"));
    await zag.untilPrints('"message":"first answer"');
    // In the CLI's own form.
    const content = [{ type: "text", text: "[[say:second answer]]" }];
    await zag.write(JSON.stringify({ type: "user", message: { role: "user", content } }) + "\n");
    await zag.untilPrints('"message":"second answer"');
    assertEquals(await loggedPrompts(claude), ["[[say:first answer]]", "[[say:second answer]]"]);
    await zag.child.stdin.close();
    const ran = await zag.finished();
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals((await claude.session()).outcome, "success");
  }));

Deno.test("claude exec -i stream-json waits for the next message, however many one turn answered", () =>
  withClaude(async (claude) => {
    const zag = claude.spawn([...STREAM, "--idle-timeout", "5s"], { stdin: "open" });
    await zag.write(["one", "two", "three"].map((text) => message(`[[say:${text}]]`)).join(""));
    await zag.untilPrints('"message":"three"');
    // Longer than the agent may be silent while it works.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    await zag.write(message("[[say:four]]"));
    await zag.untilPrints('"message":"four"');
    await zag.child.stdin.close();
    const ran = await zag.finished();
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(only(eventsOf(ran), "user_message"), []);
    assertEquals((await claude.session()).outcome, "success");
  }));

Deno.test("claude exec -i stream-json passes on an interrupt, and the session goes on", () =>
  withClaude(async (claude) => {
    const zag = claude.spawn([...STREAM, "--include-partial-messages"], { stdin: "open" });
    await zag.write(message("[[slow:600,50]]"));
    await zag.untilPrints('"text":"tick 3 "');
    const request = {
      type: "control_request",
      request_id: "r1",
      request: { subtype: "interrupt" },
    };
    await zag.write(JSON.stringify(request) + "\n");
    await zag.untilPrints('"type":"result"');
    await zag.write(message("[[say:back again]]"));
    await zag.child.stdin.close();
    const ran = await zag.finished();
    assertEquals(ran.code, 0, ran.stderr);
    const results = only(eventsOf(ran), "result");
    assertEquals(results.map(({ success }) => success), [false, true]);
    assertEquals(results.at(-1)?.message, "back again");
    const log = await claude.log();
    const [cutOff, last] = entries(log, "assistant_message").map(({ content }) => content);
    assertStringIncludes(cutOff ?? "", "tick 0 tick 1 tick 2 tick 3 ");
    assertEquals(last, "back again");
    assertEquals((await claude.session()).outcome, "success");
  }));

Deno.test("claude exec -i stream-json refuses a line that Claude would not answer", () =>
  withClaude(async (claude) => {
    const ran = await claude.zag(STREAM, {
      stdin: message("[[say:one]]") + '{"data":"hello"}\n' + message("[[say:never]]"),
    });
    assertEquals(ran.code, 1);
    assertStringIncludes(ran.stderr, "Cannot read line 2 of the input");
    assertStringIncludes(ran.stderr, '"type":"user_message"');
    const results = only(eventsOf(ran), "result").map(({ message }) => message);
    assertEquals(results, ["one"]);
    assertEquals(await loggedPrompts(claude), ["[[say:one]]"]);
  }));

Deno.test("claude exec -i stream-json ends when stdin does, without a message", () =>
  withClaude(async (claude) => {
    const ran = await claude.zag(STREAM, { stdin: "" });
    assertEquals(ran.stdout, "");
    assertEquals(claude.asked, []);
    assert(ran.code !== 0);
    assertEquals((await claude.session()).outcome, "unknown");
  }));
