/**
 * Exit mode: an interactive agent ends its own session by handing in a result with `zag ps kill self`.
 * What it is told about that, and what its result has to satisfy.
 */
import type { Support } from "../providers/provider.ts";
import type { ExitConstraints } from "../sessions/records.ts";
import { ExitResultError } from "./errors.ts";

export { ExitResultError } from "./errors.ts";

const CALLS = 'zag ps kill self "<result>"    a short result\n' +
  "zag ps kill self --file PATH   a longer one, from a file that you have written";

/** All that an agent has to know. */
export function exitInstructions(exit: ExitConstraints): string {
  const rules = [
    "This session ends when you hand in its result. As soon as the work is done and the result is " +
    "complete, run one of these in a shell:",
    CALLS,
    "Only what is handed in this way counts as the result: printing it in the conversation does not " +
    "end the session. Do not run the command before you have the result; it ends the session at once.",
    // Copilot's shell tool takes the bare word for the program "kill" and demands a process number.
    'If your shell tool refuses the word kill, put it in quotes: zag ps "kill" self "<result>"',
    "If the command fails, the session goes on: read what it printed on stderr, correct the result " +
    "and run it again.",
  ];
  if (exit.hint) rules.push(`What is expected as the result: ${exit.hint}`);
  if (exit.jsonMode || exit.schema !== undefined) {
    rules.push("The result must be JSON alone, without a code fence or any other text.");
  }
  if (exit.schema !== undefined) {
    rules.push(`It must match this JSON Schema:\n${JSON.stringify(exit.schema, null, 2)}`);
  }
  return rules.join("\n\n");
}

/**
 * What the agent is told about exit mode: in its system prompt, or in its prompt. `opening` is what it
 * is told first where there is no prompt.
 *
 * @param system Who brings a system prompt to it; false where none would reach it.
 * @param tells It has not been told before.
 */
export function exitTexts(
  exit: ExitConstraints,
  system: Support,
  tells: boolean,
): Partial<Record<"system" | "prompt" | "reminder" | "opening", string>> {
  const whole = exitInstructions(exit);
  if (!system) return tells ? { prompt: whole } : {};
  const texts = { system: whole, reminder: EXIT_REMINDER };
  if (!tells) return texts;
  // What zag puts before the prompt itself need not be in that once more.
  const opening = system === "zag" ? EXIT_REMINDER : whole;
  return { ...texts, opening: exit.hint ? opening : `${opening}\n\n${NO_TASK}` };
}

/** Without a hint there is nothing to begin with. */
const NO_TASK = "If you have not been told yet what is to be done, ask for it and wait.";

/** What goes along with the prompt where the system prompt has the instructions. */
export const EXIT_REMINDER =
  'When you have the result, hand it in: run zag ps kill self "<result>" in a shell. That ends the ' +
  "session.";

/**
 * The result as it is to be recorded: in JSON mode without a fence around it.
 *
 * @throws {ExitResultError} when it does not satisfy the constraints; its hint tells an agent how to
 * go on.
 */
export async function validateExitResult(
  result: string,
  exit: ExitConstraints | null,
): Promise<string> {
  if (exit === null) return result;
  if (exit.hint && result.trim() === "") {
    throw new ExitResultError(
      "EmptyResult",
      `Cannot end the session without a result: expected is ${exit.hint}`,
      [],
      `Hand it in with one of\n${CALLS}`,
    );
  }
  if (!exit.jsonMode && exit.schema === undefined) return result;
  const [{ soleJson }, { compileSchema }, { violationLines }] = await Promise.all([
    import("../json/find_json.ts"),
    import("../json/schema.ts"),
    import("../json/violations.ts"),
  ]);
  const again = `The session goes on. Correct the result and hand it in again:\n${CALLS}`;
  const json = soleJson(result);
  if (!json.ok) {
    throw new ExitResultError(
      "InvalidJson",
      `Cannot accept the result: it must be JSON, and ${json.reason}`,
      [],
      again,
    );
  }
  if (exit.schema === undefined) return json.text;
  const violations = (await compileSchema(exit.schema)).check(json.value);
  if (violations.length === 0) return json.text;
  throw new ExitResultError(
    "SchemaViolations",
    "Cannot accept the result: it does not match the schema of this session",
    violationLines(violations),
    again,
  );
}
