/** `zag mcp`: MCP servers that every agent can be given. */
import { defineGroup } from "../../command.ts";
import { addCommand } from "./add.ts";
import { importCommand } from "./import.ts";
import { listCommand } from "./list.ts";
import { removeCommand } from "./remove.ts";
import { showCommand } from "./show.ts";
import { syncCommand } from "./sync.ts";

export const mcpGroup = defineGroup({
  name: "mcp",
  brief: "Keep MCP servers that every agent is given",
  detail:
    "A server is for one project, or for all with --global; the project's own one holds where " +
    "both have a name. Before each session the agent's settings get an entry zag-NAME for every " +
    "server, and lose those of other projects. Nothing else in these files is changed.",
  commands: [listCommand, showCommand, addCommand, removeCommand, syncCommand, importCommand],
});
