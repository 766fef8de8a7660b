/** `zag skills add`: the skeleton of a skill. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = {
  description: valueFlag({
    placeholder: "text",
    brief: "What the skill is for: agents choose it by this",
  }),
  json: switchFlag({ brief: "Print an object" }),
};

type AddFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const addCommand = defineCommand({
  name: "add",
  brief: "Add a skill, to be filled in",
  flags,
  operand: {
    name: "name",
    brief: 'Up to 64 letters, digits, "_" and "-"',
    required: true,
  },
  run: runAdd,
});

async function runAdd(
  ctx: CliContext,
  flags: AddFlags,
  operands: string[],
): Promise<number> {
  const [{ extensionPlace, givenName, printJson }, { addSkill }] = await Promise.all([
    import("../../extension_target.ts"),
    import("../../../extensions/skills.ts"),
  ]);
  const { paths } = await extensionPlace(ctx, flags);
  const name = await givenName("skill", operands[0]!);
  const path = await addSkill(paths.skills, name, flags.description ?? "");
  if (flags.json) await printJson(ctx, { added: name, path });
  else {
    await ctx.stdout.write(
      `Added skill: ${name}\n${path}\n` +
        (flags.description === undefined
          ? "Say in it what the skill is for (description), and below what to do\n"
          : "Say in it what to do\n"),
    );
  }
  return 0;
}
