/** What the commands of `zag usage` share. */
import type { LimitWaitsAccess } from "../orchestration/limit_waits.ts";
import type { CliContext } from "./context.ts";
import type { Sessions } from "./open_sessions.ts";

/** The values of `usageFlags`, with the global ones that matter here. */
export interface UsageFlags {
  readonly json: boolean;
  readonly root: string | undefined;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/**
 * Opens what is recorded. Nobody goes on with what nobody looks after: that is what these commands are
 * there to tell, and to change.
 */
export async function openUsage(ctx: CliContext, flags: UsageFlags): Promise<Sessions> {
  const { openSessions } = await import("./open_sessions.ts");
  return await openSessions(ctx, { ...flags, global: flags.root === undefined }, {
    keepStrays: true,
  });
}

/** What changing a wait needs. */
export async function usageAccess(
  ctx: CliContext,
  { store, paths }: Sessions,
  { debug }: UsageFlags,
): Promise<LimitWaitsAccess> {
  const { printMessage } = await import("./message.ts");
  return {
    store,
    paths,
    env: ctx.env,
    note: (message) => void (debug && printMessage(ctx, `* ${message}`)),
  };
}

/** Prints a document on several lines. */
export async function printPretty(ctx: CliContext, value: unknown): Promise<void> {
  const { jsonText } = await import("./json_text.ts");
  await ctx.stdout.write(jsonText(ctx, JSON.stringify(value, null, 2)) + "\n");
}

/** Says what was done with a wait: a line, or an object. */
export async function printDone(
  ctx: CliContext,
  { json }: UsageFlags,
  action: string,
  incidentId: string,
  line: string,
): Promise<void> {
  if (json) await printPretty(ctx, { action, incident_id: incidentId, status: "ok" });
  else await ctx.stdout.write(`${line}\n`);
}
