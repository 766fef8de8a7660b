import { parseOllamaArgs } from "../../src/providers/ollama/args.ts";
import { provider } from "../../src/providers/ollama/mod.ts";
import type { PlanRequest } from "../../src/providers/launch_plan.ts";
import { assertEquals } from "../support/assert.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";

function plan(changes: Partial<PlanRequest> = {}) {
  return provider.plan({ ...PLAIN_REQUEST, ...changes });
}

Deno.test("planOllama starts zag's own agent, with the prompt on stdin", () => {
  const { program, args, stdin, stdout, cwd, env, files } = plan();
  assertEquals(program, { builtIn: "ollama-agent" });
  assertEquals(args, ["--", "--output=events", `--session=${PLAIN_REQUEST.sessionId}`]);
  assertEquals(stdin, { text: "--hi\n-x" });
  assertEquals([stdout, cwd, files], ["events", "/project", []]);
  assertEquals(env, { ZAG_OLLAMA_STATE: "/state" });
});

Deno.test("planOllama says everything in a form that the agent reads", () => {
  const { args, files } = plan({
    output: "text",
    model: "qwen3.5:35b",
    systemPrompt: "Be brief.",
    jsonSchema: { type: "object" },
    resume: "an earlier one",
  });
  assertEquals(parseOllamaArgs(args), {
    output: "text",
    resume: "an earlier one",
    model: "qwen3.5:35b",
    systemPromptFile: "/temp/system_prompt.md",
    schemaFile: "/temp/schema.json",
  });
  assertEquals(files, [
    { path: "/temp/system_prompt.md", content: "Be brief." },
    { path: "/temp/schema.json", content: '{"type":"object"}' },
  ]);
});

Deno.test("planOllama passes text through as bytes", () => {
  assertEquals(plan({ output: "text" }).stdout, "raw");
});

Deno.test("planOllama starts Ollama's own program for a person", () => {
  const { program, args, stdin, stdout, files } = plan({ mode: "interactive", prompt: undefined });
  assertEquals([program, args], ["ollama", ["run", "qwen3.5:9b"]]);
  assertEquals([stdin, stdout, files], ["inherit", "inherit", []]);
  const other = plan({ mode: "interactive", prompt: undefined, model: "gemma4:e4b" });
  assertEquals(other.args, ["run", "gemma4:e4b"]);
});

Deno.test("provider names the address that it asks whether Ollama is up", () => {
  assertEquals(provider.service?.url({}), "http://127.0.0.1:11434/api/version");
  assertEquals(
    provider.service?.url({ OLLAMA_HOST: "https://box/ollama/" }),
    "https://box:443/ollama/api/version",
  );
});
