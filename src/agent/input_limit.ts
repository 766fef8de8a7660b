/** Refuses a prompt that the agent's CLI would cut or choke on. */
import type { LaunchPlan } from "../providers/launch_plan.ts";
import type { Provider } from "../providers/provider.ts";
import { InvalidOptionError } from "./errors.ts";

/**
 * Checks what is about to be written to the agent's stdin.
 *
 * @throws {InvalidOptionError} when it is longer than the CLI takes.
 */
export function checkInput({ stdin }: LaunchPlan, { inputLimit, displayName }: Provider): void {
  if (inputLimit === undefined || typeof stdin !== "object") return;
  const { count, unit } = inputLimit;
  // No character has more than three bytes for each of its code units.
  if (stdin.text.length * (unit === "bytes" ? 3 : 1) <= count) return;
  const size = unit === "bytes"
    ? new TextEncoder().encode(stdin.text).length
    : [...stdin.text].length;
  if (size <= count) return;
  throw new InvalidOptionError(
    `Cannot send a prompt of ${size} ${unit} to ${displayName}: it takes at most ${count}`,
    { hint: "put the text into a file and name the file in the prompt" },
  );
}
