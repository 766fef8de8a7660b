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
    // No message of Claude's own has it.
    const output = await claude.home.zag(["output"]);
    assertEquals(output.stdout, '{"colours":["red","blue"]}\n');
  }));

Deno.test("claude exec --json-schema refuses an answer that does not match", () =>
  withClaude(async (claude) => {
    const ran = await claude.zag(["exec", "--json-schema", SCHEMA, "[[say:no idea]]"]);
    assertEquals([ran.code, ran.stdout], [1, ""]);
    assertStringIncludes(ran.stderr, "The answer is not what was asked for");
  }));

Deno.test("claude is handed what it knows of a schema, and zag checks the rest", () =>
  withClaude(async (claude) => {
    // Claude ignores a whole schema in which it finds any of these, without a word.
    const schema = JSON.stringify({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $defs: { day: { type: "string", format: "date", "x-note": "any" } },
      type: "object",
      properties: { day: { $ref: "#/$defs/day" } },
      required: ["day"],
    });
    const right = '{"day":"2026-01-31"}';
    const ran = await claude.zag(["exec", "--json-schema", schema, `[[json:${right}]]`]);
    assertEquals([ran.code, ran.stdout, ran.stderr], [0, `${right}\n`, ""]);
    const tools = claude.lastBody.tools as { name: string; input_schema: unknown }[];
    assertEquals(tools.find(({ name }) => name === "StructuredOutput")?.input_schema, {
      type: "object",
      properties: { day: { type: "string" } },
      required: ["day"],
    });
    const wrong = await claude.zag(["exec", "--json-schema", schema, '[[json:{"day":"x"}]]']);
    assertEquals([wrong.code, wrong.stdout], [1, ""]);
  }));

Deno.test("claude is asked in words for what its schemas cannot say", () =>
  withClaude(async (claude) => {
    const schema = '{"type":"array","items":{"type":"string"}}';
    const ran = await claude.zag(["exec", "--json-schema", schema, '[[json:["red", "blue"]]]']);
    assertEquals([ran.code, ran.stdout, ran.stderr], [0, '["red","blue"]\n', ""]);
    assertEquals(claude.lastBody.tools.some(({ name }) => name === "StructuredOutput"), false);
    assertStringIncludes(JSON.stringify(claude.lastBody.messages), "Answer with JSON alone");
  }));
