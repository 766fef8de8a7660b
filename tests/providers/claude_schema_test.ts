import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { claudeProves, withClaude } from "./claude_support.ts";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: { colours: { type: "array", items: { type: "string" } } },
  required: ["colours"],
  additionalProperties: false,
});

Deno.test("claude exec --json-schema prints JSON that matches", () =>
  claudeProves(["json_schema"], async (claude) => {
    const prompt = '[[json:{"colours": ["red", "blue"]}]]';
    const ran = await claude.zag(["exec", "--json-schema", SCHEMA, prompt]);
    assertEquals(ran, {
      code: 0,
      signal: null,
      stdout: '{"colours":["red","blue"]}\n',
      stderr: "",
    });
    // Claude itself was given the schema, and made a tool of it.
    assertEquals(claude.lastBody.tools.filter(({ name }) => name === "StructuredOutput").length, 1);
    assertEquals((await claude.session()).outcome, "success");
  }));

Deno.test("claude exec --json-schema refuses an answer that does not match", () =>
  withClaude(async (claude) => {
    const ran = await claude.zag(["exec", "--json-schema", SCHEMA, "[[say:no idea]]"]);
    assertEquals([ran.code, ran.stdout], [1, ""]);
    assertStringIncludes(ran.stderr, "The answer is not what was asked for");
  }));
