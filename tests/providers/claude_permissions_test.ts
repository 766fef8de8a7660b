/** Permission policies with the real Claude Code: what it asks, and that it does as it is told. */
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import {
  type ClaudeHome,
  claudeProves,
  entries,
  eventsOf,
  only,
  outputOf,
  withClaude,
} from "./claude_support.ts";

async function files(claude: ClaudeHome): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(claude.work))).map(({ name }) => name).sort();
}

function policy(...rules: object[]): string[] {
  return ["--permissions", JSON.stringify({ rules })];
}

Deno.test("claude exec --permissions allows and denies by rules, whatever its settings allow", () =>
  claudeProves(["permissions"], async (claude) => {
    await Deno.mkdir(`${claude.path}/.claude`);
    await Deno.writeTextFile(
      `${claude.path}/.claude/settings.json`,
      JSON.stringify({
        permissions: { allow: ["Bash", "Write"], defaultMode: "bypassPermissions" },
      }),
    );
    const rules = policy({ allow: "shell", pattern: "touch *" }, {
      deny: "shell",
      pattern: "touch never",
    });
    const prompt =
      "[[bash:touch one]][[bash:touch two; rm one]][[bash:touch never]][[bash:echo hi]]" +
      '[[write:three|x]][[call:Read {"file_path":"one"}]][[say:end]]';
    const ran = await claude.zag(["exec", "-o", "json", ...rules, prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    const tools = only(outputOf(ran).events, "tool_execution");
    assertEquals(tools.map(({ result }) => result.success), [
      true,
      ...Array(5).fill(false),
    ]);
    assertEquals(await files(claude), ["one"]);
    assertStringIncludes(
      ran.stderr,
      'not allowed to use "Bash", "Write", "Read" by its permissions',
    );
  }));

Deno.test("claude exec --permissions: neither a comment nor a quotation hides a command", () =>
  withClaude(async (claude) => {
    const lines = ["echo hi # '\ntouch hidden\n# '", "echo hi >&1file", "echo 'hi # there; rm x'"];
    const calls = lines.map((command) => `[[call:Bash ${JSON.stringify({ command })}]]`);
    const rules = policy({ allow: "shell", pattern: "echo *" });
    const ran = await claude.zag(["exec", "-o", "json", ...rules, `${calls.join("")}[[say:end]]`]);
    assertEquals(ran.code, 0, ran.stderr);
    const tools = only(outputOf(ran).events, "tool_execution");
    assertEquals(tools.map(({ result }) => result.success), [false, false, true]);
    assertEquals(await files(claude), []);
  }));

for (const answer of ["allow", "deny"] as const) {
  Deno.test(`claude exec --permissions asks, and zag permit ${answer} answers`, () =>
    withClaude(async (claude) => {
      const running = claude.spawn([
        ...["exec", "-o", "stream-json", "--permissions", '{"default":"ask"}'],
        "[[bash:touch asked]][[say:end]]",
      ]);
      const asked = async () => {
        const { stdout } = await claude.home.zag(["permit", "--list"]);
        return stdout.includes("No session") ? undefined : stdout;
      };
      assertStringIncludes(await waitFor("a question", asked, 20_000), "Bash: touch asked");
      assertEquals(await files(claude), []);
      const reason = "said so";
      assertEquals((await claude.home.zag(["permit", answer, "--reason", reason])).code, 0);
      const ran = await running.finished();
      assertEquals(ran.code, 0, ran.stderr);
      const granted = answer === "allow";
      assertEquals(await files(claude), granted ? ["asked"] : []);
      const events = eventsOf(ran);
      assertEquals(only(events, "permission_answer").map(({ granted }) => granted), [granted]);
      const [tool] = only(events, "tool_execution");
      assertEquals(tool!.result.success, granted);
      if (!granted) assertStringIncludes(tool!.result.error!, reason);
      assertEquals(entries(await claude.log(), "permission_question").length, 1);
      assertEquals(only(events, "result").map(({ message }) => message), ["end"]);
    }));
}

Deno.test("claude exec --permissions with --json-schema: the answer is no tool", () =>
  withClaude(async (claude) => {
    const schema = '{"type":"object","properties":{"a":{"type":"number"}}}';
    const ran = await claude.zag([
      ...["exec", "--permissions", "{}", "--json-schema", schema],
      '[[json:{"a":1}]]',
    ]);
    assertEquals([ran.code, ran.stdout], [0, '{"a":1}\n'], ran.stderr);
  }));

Deno.test("claude exec --resume takes a policy, too", () =>
  withClaude(async (claude) => {
    const first = await claude.zag(["exec", "-o", "json", "[[say:one]]"]);
    assertEquals(first.code, 0, first.stderr);
    const ran = await claude.zag([
      ...["exec", "--continue", "-o", "json", ...policy({ allow: "shell" })],
      "[[bash:touch two]][[write:three|x]][[say:end]]",
    ]);
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(outputOf(ran).session_id, outputOf(first).session_id);
    assertEquals(await files(claude), ["two"]);
    assert(ran.stderr.includes('"Write"'), ran.stderr);
  }));
