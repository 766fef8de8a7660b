import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { Finished, ZagOptions } from "../support/zag.ts";
import {
  type ClaudeHome,
  entries,
  eventsOf,
  only,
  userTexts,
  withClaude,
} from "./claude_support.ts";

/** All that is said besides the answer. */
const SENDS = /^> Sends to session [0-9a-f]{8} \(claude\)\n$/;

/** Starts a session of one turn. */
async function begin(claude: ClaudeHome, ...args: string[]): Promise<void> {
  const ran = await claude.zag(["exec", ...args, "[[say:the first answer]]"]);
  assertEquals(ran.stdout, "the first answer\n", ran.stderr);
}

async function input(
  claude: ClaudeHome,
  args: readonly string[],
  options: ZagOptions = {},
): Promise<Finished> {
  return await claude.home.zag(["input", ...args], { env: claude.env(), ...options });
}

/** What the user said, as the model was told last. */
function told(claude: ClaudeHome): string[] {
  return userTexts(claude.lastBody).filter((text) => text.includes("[["));
}

Deno.test("claude input goes on with the session, as it was started", () =>
  withClaude(async (claude) => {
    await begin(claude, "-a", "-m", "small", "--max-turns", "9", "-s", "Speak in rhymes.");
    const model = claude.lastBody.model;
    await claude.record();
    const second = await input(claude, ["[[say:the second]]"], { cwd: claude.path });
    assertEquals([second.code, second.stdout], [0, "the second\n"]);
    assertMatch(second.stderr, SENDS);
    assertEquals(told(claude), ["[[say:the first answer]]", "[[say:the second]]"]);
    assertEquals(claude.lastBody.model, model);
    // Before that its version was looked at.
    const { args } = (await claude.recorded()).at(-1)!;
    for (const flag of ["--dangerously-skip-permissions", "--max-turns=9"]) {
      assert(args.includes(flag), flag);
    }
    assertEquals(entries(await claude.log(), "user_message").map(({ content }) => content), [
      "[[say:the first answer]]",
      "[[say:the second]]",
    ]);
  }));

Deno.test("claude input -o stream-json has the message among the events", () =>
  withClaude(async (claude) => {
    await begin(claude);
    const ran = await input(claude, ["-o", "stream-json", "[[say:the second]]"]);
    assertEquals(ran.code, 0);
    assertMatch(ran.stderr, SENDS);
    const events = eventsOf(ran);
    assertEquals(events.slice(0, 2).map(({ type }) => type), ["init", "user_message"]);
    assertEquals(only(events, "user_message").map(({ content }) => content), [
      [{ type: "text", text: "[[say:the second]]" }],
    ]);
    assertEquals(only(events, "result").map(({ message }) => message), ["the second"]);
  }));

Deno.test("claude input --stream answers line after line while stdin is open", () =>
  withClaude(async (claude) => {
    await begin(claude);
    await claude.record();
    const child = claude.home.spawn(["input", "--stream", "-o", "json", "[[say:a0]]"], {
      env: claude.env(),
      stdin: "open",
    });
    const writer = child.stdin.getWriter();
    let text = "";
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    for (const number of [0, 1, 2]) {
      while (!text.includes(`"message":"a${number}"`)) {
        const { value, done } = await reader.read();
        assert(!done, text);
        text += value;
      }
      if (number < 2) {
        await writer.write(new TextEncoder().encode(`\n[[say:a${number + 1}]]\n`));
      }
    }
    await writer.close();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
    assertEquals((await child.status).code, 0);
    assertMatch(await new Response(child.stderr).text(), SENDS);
    const events = text.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(
      events.filter(({ type }) => type === "user_message").map(({ content }) => content[0].text),
      ["[[say:a0]]", "[[say:a1]]", "[[say:a2]]"],
    );
    const { args } = await claude.native();
    for (const flag of ["--replay-user-messages", "--input-format=stream-json"]) {
      assert(args.includes(flag), flag);
    }
    assertEquals(told(claude).slice(1), ["[[say:a0]]", "[[say:a1]]", "[[say:a2]]"]);
  }));

Deno.test("claude input from within a session tells Claude who it is from", () =>
  withClaude(async (claude) => {
    await begin(claude, "--name", "receiver");
    const { sessionId } = await claude.session();
    const sender = "11111111-2222-4333-8444-555555555555";
    const ran = await input(claude, ["--session", sessionId, "[[say:heard]] <&>"], {
      env: claude.env({ ZAG_SESSION_ID: sender, ZAG_PROVIDER: "codex" }),
    });
    assertEquals(ran.stdout, "heard\n", ran.stderr);
    const message = told(claude).at(-1)!;
    assertStringIncludes(message, `<from session="${sender}" provider="codex" model="unknown"/>`);
    assertStringIncludes(message, `zag input --session ${sender} "your reply here"`);
    assertStringIncludes(message, "<body>\n[[say:heard]] &lt;&amp;&gt;\n</body>");
  }));
