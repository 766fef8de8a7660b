/** `zag skills show`: one skill. */
import { defineCommand, type FlagValues, switchFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = { json: switchFlag({ brief: "Print an object" }) };

type ShowFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const showCommand = defineCommand({
  name: "show",
  brief: "Show a skill",
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
  const [{ extensionPlace, givenName, printJson, printLine }, { findSkill }] = await Promise.all([
    import("../../extension_target.ts"),
    import("../../../extensions/skills.ts"),
  ]);
  const { paths } = await extensionPlace(ctx, flags);
  const { name, description, body, dir } = await findSkill(
    paths.skills,
    await givenName("skill", operands[0]!),
  );
  if (flags.json) {
    await printJson(ctx, { name, description, body, dir });
    return 0;
  }
  await printLine(
    ctx,
    `Name:        ${name}\nDescription: ${description}\nPath:        ${dir}\n\n${body.trimEnd()}`,
  );
  return 0;
}
