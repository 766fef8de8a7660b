import { planPrompt } from "../../src/agent/plan_prompt.ts";
import { assert, assertStringIncludes } from "../support/assert.ts";

Deno.test("planPrompt asks for all parts of a plan, and ends with the goal and what to heed", () => {
  const prompt = planPrompt(" the goal \n", " no new packages ");
  for (const part of ["Summary", "Affected files", "Steps", "Tests", "Risks"]) {
    assertStringIncludes(prompt, `\n## ${part}\n`);
  }
  assert(prompt.endsWith("\n\n# Goal\n\nthe goal\n\n# What to heed\n\nno new packages\n"), prompt);
  assert(planPrompt("g", " ").endsWith("\n\n# Goal\n\ng\n"));
});
