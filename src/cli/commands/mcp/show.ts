/** `zag mcp show`: one server. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = {
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory that selects the project",
  }),
  reveal: switchFlag({ brief: "Show the values of variables and headers" }),
  json: switchFlag({ brief: "Print an object" }),
};

type ShowFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const showCommand = defineCommand({
  name: "show",
  brief: "Show a server",
  readsOnly: true,
  flags,
  operand: { name: "name", brief: "Its name", required: true },
  run: runShow,
});

async function runShow(
  ctx: CliContext,
  flags: ShowFlags,
  operands: string[],
): Promise<number> {
  const [{ extensionPlace, givenName, printJson, printLine }, { findServer }, view] = await Promise
    .all([
      import("../../extension_target.ts"),
      import("../../../extensions/servers.ts"),
      import("../../mcp_view.ts"),
    ]);
  const { paths, project } = await extensionPlace(ctx, flags);
  const server = await findServer(
    paths,
    project,
    await givenName("MCP server", operands[0]!),
  );
  if (flags.json) await printJson(ctx, view.serverJson(server, flags));
  else await printLine(ctx, view.serverText(server, flags));
  return 0;
}
