/** `zag usage`: sessions that wait for the end of a usage limit. */
import { defineGroup } from "../../command.ts";
import { cancelCommand } from "./cancel.ts";
import { listCommand } from "./list.ts";
import { resumeCommand } from "./resume.ts";
import { runCommand } from "./run.ts";
import { showCommand } from "./show.ts";

export const usageGroup = defineGroup({
  name: "usage",
  brief: "See which sessions wait for the end of a usage limit, and change that",
  detail:
    "A session whose agent hits a usage limit waits for its end, and goes on then. Each wait has an " +
    "id, that of the incident; it is named by that, by the first characters of it (at least 4), or " +
    "by its session (id, beginning of one, or name).",
  commands: [listCommand, showCommand, cancelCommand, resumeCommand, runCommand],
});
