/** JSON as it goes to stdout. */
import { jsonForTerminal } from "../events/render/text.ts";
import type { CliContext } from "./context.ts";

/**
 * A text in JSON, for stdout: as it is for programs. At a terminal, which JSON may drive with the
 * control characters that it does not escape, these are escaped.
 */
export function jsonText(ctx: CliContext, json: string): string {
  return ctx.stdout.isTerminal ? jsonForTerminal(json) : json;
}
