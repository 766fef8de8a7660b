/**
 * Has an agent make a plan first. A person reads it and says yes, and only then the same session goes
 * on, with the permission to change things.
 *
 *     deno run -A examples/approve.ts claude "Remove the unused functions"
 *
 * @module
 */
import { createInterface } from "node:readline/promises";
import process from "node:process";
import { AgentBuilder } from "@zag/cli/agent";

const [provider = "mock", task = "Tidy up"] = Deno.args;

// Without autoApprove() the agent has to ask before it changes something, and nobody answers.
const builder = new AgentBuilder({ provider }).name(`approve: ${task}`);
const plan = await builder.exec(`Make a plan for this task, and change nothing yet: ${task}`);
if (plan.is_error) {
  console.error(`There is no plan: ${plan.error_message}`);
  Deno.exit(1);
}
console.log(plan.result);

const person = createInterface({ input: process.stdin, output: process.stderr });
const answer = await person.question("Carry this out? [y/N] ");
person.close();
if (!/^y(es)?$/i.test(answer.trim())) {
  console.log(`Nothing was changed. The plan stays in session ${plan.sessionId}.`);
  Deno.exit(0);
}

// The agent remembers its plan: it is the same session.
const work = await builder.autoApprove().resumeWithPrompt(plan.sessionId, "Carry out the plan.");
console.log(work.result);
Deno.exit(work.is_error ? 1 : 0);
