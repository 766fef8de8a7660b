/** `zag skills sync`: gives the skills to the agents now. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = {
  provider: valueFlag({
    short: "p",
    placeholder: "name",
    brief: "Only this agent, even if it was never used here",
  }),
  json: switchFlag({ brief: "Print an array of objects" }),
};

type SyncFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const syncCommand = defineCommand({
  name: "sync",
  brief: "Give the skills to the agents now",
  detail: "This happens before each session anyway. Links of skills that are gone are removed; a " +
    "skill that the agent itself has under the same name is left to it.",
  flags,
  run: runSync,
});

async function runSync(
  ctx: CliContext,
  flags: SyncFlags,
): Promise<number> {
  const { syncAndPrint } = await import("../../extension_target.ts");
  return await syncAndPrint(ctx, flags, "syncSkills", "skills");
}
