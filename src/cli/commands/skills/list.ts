/** `zag skills list`: all skills by name. */
import { defineCommand, type FlagValues, switchFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = { json: switchFlag({ brief: "Print an array of objects" }) };

type ListFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const listCommand = defineCommand({
  name: "list",
  brief: "List all skills",
  detail: "A directory that holds no usable skill is told about and left out.",
  readsOnly: true,
  flags,
  run: runList,
});

async function runList(
  ctx: CliContext,
  flags: ListFlags,
): Promise<number> {
  const [{ extensionPlace, printJson, warn }, { listSkills }] = await Promise.all([
    import("../../extension_target.ts"),
    import("../../../extensions/skills.ts"),
  ]);
  const { paths } = await extensionPlace(ctx, flags);
  const { skills, bad } = await listSkills(paths.skills);
  for (const { error } of bad) await warn(ctx, flags, error.message);
  if (flags.json) {
    await printJson(ctx, skills.map(({ name, description, dir }) => ({ name, description, dir })));
    return 0;
  }
  if (skills.length === 0) {
    await ctx.stdout.write("No skills. Add one: zag skills add NAME\n");
    return 0;
  }
  const { table } = await import("../../table.ts");
  await ctx.stdout.write(table(skills, [
    { title: "NAME", cell: ({ name }) => name, min: 8 },
    { title: "DESCRIPTION", cell: ({ description }) => description, min: 12 },
    { title: "PATH", cell: ({ dir }) => dir, min: 12, cut: "start", drop: 1 },
  ], { width: ctx.stdout.isTerminal ? ctx.stdout.columns : undefined }));
  return 0;
}
