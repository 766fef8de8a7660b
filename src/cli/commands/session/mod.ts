/** `zag session`: what is recorded, and changes of it. */
import { defineGroup } from "../../command.ts";
import { deleteCommand } from "./delete.ts";
import { importCommand } from "./import.ts";
import { listCommand } from "./list.ts";
import { showCommand } from "./show.ts";
import { updateCommand } from "./update.ts";

export const sessionGroup = defineGroup({
  name: "session",
  brief: "List recorded sessions, show, change, delete and import them",
  detail:
    "A session is named by its id, the first characters of it (at least 4), the id that the " +
    "agent itself uses, or the name that it was given.",
  commands: [listCommand, showCommand, updateCommand, deleteCommand, importCommand],
});
