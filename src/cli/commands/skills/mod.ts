/** `zag skills`: instructions that every agent can be given. */
import { defineGroup } from "../../command.ts";
import { addCommand } from "./add.ts";
import { importCommand } from "./import.ts";
import { listCommand } from "./list.ts";
import { removeCommand } from "./remove.ts";
import { showCommand } from "./show.ts";
import { syncCommand } from "./sync.ts";

export const skillsGroup = defineGroup({
  name: "skills",
  brief: "Keep skills that every agent is given",
  detail:
    "A skill is a directory with a SKILL.md: front matter with a name and a description, then " +
    "instructions. Before each session the agent gets a link to every skill, named zag-NAME; a " +
    "model of Ollama gets the text in its system prompt.",
  commands: [listCommand, showCommand, addCommand, removeCommand, syncCommand, importCommand],
});
