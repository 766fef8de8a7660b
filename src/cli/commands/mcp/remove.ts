/** `zag mcp remove`: takes a server away, from the agents as well. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = {
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory that selects the project",
  }),
  global: switchFlag({ brief: "Only the server of all projects; the project's one stays" }),
  json: switchFlag({ brief: "Print an object" }),
};

type RemoveFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const removeCommand = defineCommand({
  name: "remove",
  brief: "Remove an MCP server: the project's, the one of all projects, and the agents' entries",
  flags,
  operand: { name: "name", brief: "Its name", required: true },
  run: runRemove,
});

async function runRemove(
  ctx: CliContext,
  flags: RemoveFlags,
  operands: string[],
): Promise<number> {
  const [{ extensionPlace, givenName, printRemoval }, { removeServer }, { withdrawServer }] =
    await Promise
      .all([
        import("../../extension_target.ts"),
        import("../../../extensions/servers.ts"),
        import("../../../extensions/sync_provider.ts"),
      ]);
  const place = await extensionPlace(ctx, flags);
  const name = await givenName("MCP server", operands[0]!);
  const { report, scopes } = await removeServer(
    place.paths,
    flags.global ? undefined : place.project,
    name,
    () => withdrawServer({ ...place, home: place.paths.userHome }, name),
  );
  return await printRemoval(ctx, flags, "MCP server", name, report, scopes);
}
