/** `zag mcp import`: takes over the servers of an agent. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const DEFAULT_SOURCE = "claude";

const flags = {
  from: valueFlag({
    placeholder: "provider",
    brief: "The agent that has the servers",
    default: DEFAULT_SOURCE,
  }),
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory that selects the project",
    hidden: true,
  }),
  json: switchFlag({ brief: "Print an object" }),
};

type ImportFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const importCommand = defineCommand({
  name: "import",
  brief: "Copy the servers that an agent has in its own settings, for all projects",
  detail: "What zag has for all projects under the same name stays.",
  flags,
  run: runImport,
});

async function runImport(
  ctx: CliContext,
  flags: ImportFlags,
): Promise<number> {
  const [{ extensionPlace, importSource, printImported }, { importServers }] = await Promise.all([
    import("../../extension_target.ts"),
    import("../../../extensions/import_servers.ts"),
  ]);
  const place = await extensionPlace(ctx, flags);
  const from = flags.from ?? DEFAULT_SOURCE;
  const { extensions, request } = await importSource(
    place,
    from,
    "MCP servers",
    ({ mcp }) => mcp !== undefined,
  );
  const imported = await importServers(extensions.mcp!, request, place.paths.globalMcp);
  await printImported(ctx, flags, imported, "servers");
  return 0;
}
