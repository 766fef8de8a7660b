import { OllamaArgsError, parseOllamaArgs } from "../../src/providers/ollama/args.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

Deno.test("parseOllamaArgs reads every flag, whatever its value looks like", () => {
  assertEquals(
    parseOllamaArgs([
      "--",
      "--output=text",
      "--session=a=b",
      "--model=--x:1b",
      "--system-prompt-file=/a b",
      "--schema-file=",
    ]),
    {
      output: "text",
      session: "a=b",
      model: "--x:1b",
      systemPromptFile: "/a b",
      schemaFile: "",
    },
  );
  assertEquals(parseOllamaArgs([]), { output: "events" });
});

Deno.test("parseOllamaArgs refuses what it cannot use, by name", () => {
  for (
    const [argv, named] of [
      [["--modell=x"], '"--modell"'],
      [["hello"], '"hello"'],
      [["--model"], "--model needs a value"],
      [["--output=json"], '"json"'],
      [["--session=a", "--resume=b"], "exclude each other"],
      [["--toString=1"], '"--toString"'],
    ] as const
  ) {
    assertThrows(() => parseOllamaArgs(argv), OllamaArgsError, named);
  }
});
