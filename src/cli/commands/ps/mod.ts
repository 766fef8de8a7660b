/** `zag ps`: the agents' processes. */
import { defineGroup } from "../../command.ts";
import { killCommand } from "./kill.ts";
import { listCommand } from "./list.ts";
import { showCommand } from "./show.ts";
import { stopCommand } from "./stop.ts";

export const psGroup = defineGroup({
  name: "ps",
  brief: "See the agents' processes, and end them",
  detail:
    "Each run of an agent has an id. It is named by that, by the first characters of it (at " +
    "least 4), by the number of the agent's or of zag's process, or by its session (id, beginning " +
    'of one, or name). "self" is the run whose agent has started the command.',
  commands: [listCommand, showCommand, stopCommand, killCommand],
  fallback: "list",
});
