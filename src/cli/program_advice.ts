/** Why an agent that gave no result may have failed: its program is not one that zag knows. */
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { CliContext } from "./context.ts";
import { printMessage } from "./message.ts";

/** Says on stderr what is wrong with the program of an agent that ended without a result. */
export async function warnAboutProgram(
  ctx: CliContext,
  outcome: LaunchOutcome,
  mode: "exec" | "run",
): Promise<void> {
  if (outcome.settled || outcome.endedBy !== undefined) return;
  const { loadProvider } = await import("../providers/registry.ts");
  const provider = await loadProvider(outcome.provider);
  if (!provider?.binary) return;
  const { probeProvider } = await import("../agent/probe.ts");
  const { reason } = await probeProvider(provider, ctx, { mode });
  if (reason === undefined) return;
  await printMessage(
    ctx,
    `warning: ${provider.displayName}: ${reason}; it is installed by: ${provider.binary.install}`,
  );
}
