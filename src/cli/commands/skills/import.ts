/** `zag skills import`: takes over the skills of an agent. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const DEFAULT_SOURCE = "claude";

const flags = {
  from: valueFlag({
    placeholder: "provider",
    brief: "The agent that has the skills",
    default: DEFAULT_SOURCE,
  }),
  json: switchFlag({ brief: "Print an object" }),
};

type ImportFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const importCommand = defineCommand({
  name: "import",
  brief: "Copy the skills that an agent has, for all agents",
  detail: "What zag has under the same name stays; links are not followed.",
  flags,
  run: runImport,
});

async function runImport(
  ctx: CliContext,
  flags: ImportFlags,
): Promise<number> {
  const [{ extensionPlace, importSource, printImported }, { importSkills }] = await Promise.all([
    import("../../extension_target.ts"),
    import("../../../extensions/import_skills.ts"),
  ]);
  const place = await extensionPlace(ctx, flags);
  const from = flags.from ?? DEFAULT_SOURCE;
  const { name, extensions, request } = await importSource(
    place,
    from,
    "skills",
    ({ skills }) => skills !== undefined,
  );
  const directory = extensions.skills!(request);
  const imported = await importSkills(directory, place.paths.skills, name, ctx.now());
  await printImported(ctx, flags, imported, "skills");
  return 0;
}
