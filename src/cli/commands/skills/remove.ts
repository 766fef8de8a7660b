/** `zag skills remove`: takes a skill from the agents, and then away. */
import { defineCommand, type FlagValues, switchFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = { json: switchFlag({ brief: "Print an object" }) };

type RemoveFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const removeCommand = defineCommand({
  name: "remove",
  brief: "Remove a skill, with everything in its directory",
  flags,
  operand: { name: "name", brief: "Its name", required: true },
  run: runRemove,
});

async function runRemove(
  ctx: CliContext,
  flags: RemoveFlags,
  operands: string[],
): Promise<number> {
  const [{ extensionPlace, givenName, printRemoval }, { removeSkill }, { withdrawSkill }] =
    await Promise.all([
      import("../../extension_target.ts"),
      import("../../../extensions/skills.ts"),
      import("../../../extensions/sync_provider.ts"),
    ]);
  const place = await extensionPlace(ctx, flags);
  const { paths } = place;
  const name = await givenName("skill", operands[0]!);
  const report = await removeSkill(
    paths.skills,
    name,
    () => withdrawSkill({ ...place, home: paths.userHome }, name),
  );
  return await printRemoval(ctx, flags, "skill", name, report);
}
