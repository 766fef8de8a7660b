/** Asks once whether an agent may run non-interactively, and remembers the answer. */
import { PrintDisabledError } from "../agent/errors.ts";
import type { CliContext } from "./context.ts";

/**
 * True when the person at the terminal said yes now; false when nobody could be asked, or when the
 * error is about something else.
 */
export async function askForPrint(ctx: CliContext, error: unknown): Promise<boolean> {
  if (!(error instanceof PrintDisabledError)) return false;
  if (error.declined || !ctx.stdin.isTerminal || !ctx.stderr.isTerminal) return false;
  await ctx.stderr.write(
    `Running ${error.agentName} non-interactively may be billed by the token on top of a ` +
      "subscription.\nAllow it from now on? [y/N] ",
  );
  const answer = await readLine(ctx);
  const allowed = /^y(es)?$/i.test(answer.trim());
  const { configFiles } = await import("../config/config.ts");
  const { setConfigValue } = await import("../config/edit_config.ts");
  const { zagPaths } = await import("../config/paths.ts");
  const paths = zagPaths(ctx.env);
  const [file] = await configFiles(paths, undefined);
  await setConfigValue(paths, file!, "claude.allow_print", allowed);
  return allowed;
}

async function readLine(ctx: CliContext): Promise<string> {
  const reader = ctx.stdin.readable.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (!text.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    reader.releaseLock();
  }
  return text.split("\n")[0] ?? "";
}
