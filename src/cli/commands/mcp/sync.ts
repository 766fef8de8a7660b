/** `zag mcp sync`: gives the servers to the agents now. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = {
  provider: valueFlag({
    short: "p",
    placeholder: "name",
    brief: "Only this agent, even if it was never used here",
  }),
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory that selects the project",
  }),
  json: switchFlag({ brief: "Print an array of objects" }),
};

type SyncFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const syncCommand = defineCommand({
  name: "sync",
  brief: "Give the servers of the project to the agents now",
  detail: "This happens before each session anyway. Entries zag-NAME of other projects and of " +
    "servers that are gone are removed; a file that holds what it shall hold is not written.",
  flags,
  run: runSync,
});

async function runSync(
  ctx: CliContext,
  flags: SyncFlags,
): Promise<number> {
  const { syncAndPrint } = await import("../../extension_target.ts");
  return await syncAndPrint(ctx, flags, "syncServers", "MCP servers");
}
