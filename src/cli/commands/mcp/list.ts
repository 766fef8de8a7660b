/** `zag mcp list`: the servers that hold here. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = {
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory that selects the project",
  }),
  reveal: switchFlag({ brief: "With --json: show the values of variables and headers" }),
  json: switchFlag({ brief: "Print an array of objects" }),
};

type ListFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const listCommand = defineCommand({
  name: "list",
  brief: "List the servers of the project and those of all projects",
  detail: "A file that holds no usable server is told about and left out.",
  readsOnly: true,
  flags,
  run: runList,
});

async function runList(
  ctx: CliContext,
  flags: ListFlags,
): Promise<number> {
  const [{ extensionPlace, printJson, warn }, { listServers }, view] = await Promise.all([
    import("../../extension_target.ts"),
    import("../../../extensions/servers.ts"),
    import("../../mcp_view.ts"),
  ]);
  const { paths, project } = await extensionPlace(ctx, flags);
  const { servers, bad } = await listServers(paths, project);
  for (const message of view.badMessages(bad)) await warn(ctx, flags, message);
  if (flags.json) {
    await printJson(ctx, servers.map((server) => view.serverJson(server, flags)));
    return 0;
  }
  if (servers.length === 0) {
    await ctx.stdout.write("No MCP servers. Add one: zag mcp add NAME --command PROGRAM\n");
    return 0;
  }
  const { table } = await import("../../table.ts");
  await ctx.stdout.write(table(servers, [
    { title: "NAME", cell: ({ server }) => server.name, min: 8 },
    { title: "TRANSPORT", cell: ({ server }) => server.transport, drop: 1 },
    { title: "SCOPE", cell: ({ scope }) => scope, drop: 2 },
    { title: "COMMAND/URL", cell: view.commandOrUrl, min: 12 },
    { title: "DESCRIPTION", cell: ({ server }) => server.description, min: 8, drop: 3 },
  ], { width: ctx.stdout.isTerminal ? ctx.stdout.columns : undefined }));
  return 0;
}
