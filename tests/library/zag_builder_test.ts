import { inHome } from "../e2e/support.ts";
import { assertEquals } from "../support/assert.ts";
import { run } from "./support.ts";

Deno.test(
  "ZagBuilder has the methods of the bindings, and goes on with sessions",
  inHome(async (home) => {
    const [log, same, answers, ends, json, error, count] = await run(home, "facade");
    assertEquals([log, same, ends], [true, [true, true], ["result", "result"]]);
    const prompts = answers.map((answer: string) => JSON.parse(answer))
      .map(({ prompt, resumed }: Record<string, unknown>) => [prompt, resumed]);
    assertEquals(prompts, [["two", true], ["three", true]]);
    assertEquals([json, error, count], [[3, [3]], "UnsupportedOptionError", 3]);
  }),
);
