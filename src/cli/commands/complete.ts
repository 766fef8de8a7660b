/** `zag complete`: what could stand at the end of a command line. */
import { defineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";

/** The hidden command that the scripts of `zag completions` call. */
export const completeCommand = defineCommand({
  name: "complete",
  brief: "Print what could stand at the end of a command line; zag completions is for people",
  hidden: true,
  flags: {},
  operand: {
    name: "shell",
    brief: "Whose words they are",
    required: true,
    afterDashes: { name: "word", brief: "What the shell knows" },
  },
  run: runComplete,
});

async function runComplete(
  ctx: CliContext,
  _flags: unknown,
  [shell = "", _dashes, ...words]: readonly string[],
): Promise<number> {
  const [{ commands }, { completionsFor }] = await Promise.all([
    import("../commands.ts"),
    import("../complete_shells.ts"),
  ]);
  await ctx.stdout.write(await completionsFor(shell, words, commands, ctx));
  return 0;
}
