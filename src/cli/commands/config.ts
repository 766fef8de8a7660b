/** `zag config`: shows and changes settings. */
import type { ConfigFile, ConfigLayer } from "../../config/config.ts";
import type { Edited } from "../../config/edit_config.ts";
import type { ZagPaths } from "../../config/paths.ts";
import type { EffectiveSetting } from "../../config/settings.ts";
import { defineCommand, type FlagValues, switchFlag } from "../command.ts";
import type { ConfigForm } from "../config_form.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, scopeFlags } from "../flags.ts";

const flags = {
  root: scopeFlags.root,
  global: switchFlag({ brief: "The global settings, not those of the project" }),
  json: switchFlag({ brief: "With list and get: print JSON" }),
};

type ConfigFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const configCommand = defineCommand({
  name: "config",
  brief: "Show and change settings",
  detail: "  zag config                  the file of this project\n" +
    "  zag config list             every setting, its value, and who says so\n" +
    "  zag config KEY              one value; also: get KEY\n" +
    "  zag config KEY VALUE        sets it; also: KEY=VALUE, set KEY VALUE\n" +
    "  zag config unset KEY        takes it out\n" +
    "  zag config path             where the file is\n" +
    "  zag config init             makes a file that explains every setting\n" +
    "  zag config reset            the same in place of the file, which is kept\n\n" +
    "In a repository, and with --root, it is about the settings of that project, which win over " +
    "the global ones; elsewhere, and with --global, about the global ones. The files lie in the " +
    "state directory: what a repository holds sets nothing. Comments and layout of a file stay " +
    "as they are.",
  flags,
  operand: { name: "word", brief: "As above", many: true, required: false },
  run: runConfig,
});

async function runConfig(
  ctx: CliContext,
  flags: ConfigFlags,
  operands: readonly string[],
): Promise<number> {
  const [{ configForm }, { configFiles }, { zagPaths }] = await Promise.all([
    import("../config_form.ts"),
    import("../../config/config.ts"),
    import("../../config/paths.ts"),
  ]);
  const form = configForm(operands);
  if (flags.json && form.does !== "list" && form.does !== "get") {
    const { UsageError } = await import("../errors.ts");
    throw new UsageError("Cannot use --json here: list and get print JSON");
  }
  const paths = zagPaths(ctx.env);
  const files = await configFiles(paths, await projectOf(ctx, flags));
  const file = files[0]!;
  switch (form.does) {
    case "show":
      return await show(ctx, flags, file);
    case "path":
      await ctx.stdout.write(await clean(ctx, file.path) + "\n");
      return 0;
    case "list":
    case "get":
      return await tell(ctx, flags, form, files);
    case "init":
    case "reset":
      return await begin(ctx, flags, form.does, paths, file);
    case "set":
    case "unset":
      return await change(ctx, flags, form, paths, files);
  }
}

async function projectOf(ctx: CliContext, { root, global }: ConfigFlags) {
  if (global) {
    if (root === undefined) return undefined;
    const { conflict } = await import("../agent_flags.ts");
    return conflict("--root", "--global");
  }
  const { resolveProject } = await import("../../config/project.ts");
  return await resolveProject({ root, cwd: ctx.cwd });
}

/** What somebody wrote, for stdout: nothing in it can drive the terminal. */
async function clean(ctx: CliContext, text: string): Promise<string> {
  if (!ctx.stdout.isTerminal) return text;
  const { withoutControls } = await import("../../events/render/text.ts");
  return text.split("\n").map(withoutControls).join("\n");
}

async function note(ctx: CliContext, { quiet }: ConfigFlags, text: string): Promise<void> {
  if (quiet) return;
  const { printMessage } = await import("../message.ts");
  await printMessage(ctx, text);
}

/** The file as it stands, whether it can be used or not. */
async function show(ctx: CliContext, flags: ConfigFlags, file: ConfigFile): Promise<number> {
  const { readIfPresent } = await import("../../config/config.ts");
  const { path, original, scope } = file;
  const create = `zag config init${scope === "global" ? " --global" : ""}`;
  for (const each of [path, original]) {
    const text = await readIfPresent(each);
    if (text === undefined) continue;
    const end = text === "" || text.endsWith("\n") ? "" : "\n";
    await ctx.stdout.write(await clean(ctx, text) + end);
    if (each === original) {
      await note(ctx, flags, `> from ${original}; "${create}" takes it over into ${path}`);
    }
    return 0;
  }
  const which = scope === "global" ? "global configuration" : "configuration of this project";
  await note(ctx, flags, `There is no ${which}; "${create}" makes ${path}`);
  return 0;
}

async function tell(
  ctx: CliContext,
  flags: ConfigFlags,
  form: ConfigForm,
  files: readonly ConfigFile[],
): Promise<number> {
  const [{ readLayer }, { effectiveSettings }, view] = await Promise.all([
    import("../../config/config.ts"),
    import("../../config/settings.ts"),
    import("../config_view.ts"),
  ]);
  const layers = await Promise.all(files.map(readLayer));
  for (const layer of layers) {
    await warnOfLeftOut(ctx, flags, layer);
    await warnOfUseless(ctx, flags, layer);
  }
  const all = effectiveSettings(layers, ctx.env);
  if (!("named" in form)) {
    await ctx.stdout.write(
      flags.json ? view.settingsJson(ctx, all) : view.settingsTable(ctx, all, flags.verbose),
    );
    return 0;
  }
  const found = all.find(({ key }) => key === form.named.key)!;
  if (flags.json) {
    await ctx.stdout.write(view.settingJson(ctx, found));
    return 0;
  }
  await ctx.stdout.write(await clean(ctx, view.valueText(found.value)) + "\n");
  if (flags.verbose) await note(ctx, flags, `> ${view.sourceText(found, true)}`);
  return 0;
}

async function warnOfLeftOut(
  ctx: CliContext,
  flags: ConfigFlags,
  { source, leftOut }: ConfigLayer,
): Promise<void> {
  if (leftOut.length === 0) return;
  await note(ctx, flags, `warning: ${source} says what zag does not know: ${leftOut.join(", ")}`);
}

/** A project cannot set what holds for all; whoever reads such a file would think that it did. */
async function warnOfUseless(
  ctx: CliContext,
  flags: ConfigFlags,
  { file, source, config }: ConfigLayer,
): Promise<void> {
  if (file.scope === "global") return;
  const { SETTINGS, shortKey } = await import("../../config/keys.ts");
  for (const key of Object.keys(config).filter((each) => SETTINGS.get(each)?.globalOnly)) {
    await note(
      ctx,
      flags,
      `warning: ${source} sets ${shortKey(key)}, which counts in the global configuration only`,
    );
  }
}

async function begin(
  ctx: CliContext,
  flags: ConfigFlags,
  does: "init" | "reset",
  paths: ZagPaths,
  file: ConfigFile,
): Promise<number> {
  const { initConfig, resetConfig } = await import("../../config/edit_config.ts");
  const options = waitingNote(ctx, flags);
  const path = await clean(ctx, file.path);
  if (does === "reset") {
    const { readIfPresent } = await import("../../config/config.ts");
    const counted = await readIfPresent(file.path) === undefined &&
      await readIfPresent(file.original) !== undefined;
    const backup = await resetConfig(paths, file, ctx.now(), options);
    const kept = backup === undefined ? "" : `; what it was is kept in ${await clean(ctx, backup)}`;
    await ctx.stdout.write(`Reset ${path}${kept}\n`);
    if (counted) await note(ctx, flags, `warning: what ${file.original} sets counts no more`);
    return 0;
  }
  const made = await initConfig(paths, file, options);
  await ctx.stdout.write(made ? `Created ${path}\n` : `${path} already exists\n`);
  if (made) await tellTakenOver(ctx, flags, made, file);
  return 0;
}

function waitingNote(ctx: CliContext, flags: ConfigFlags) {
  return {
    waiting: () => void note(ctx, flags, "> Waiting for another zag that edits a configuration"),
  };
}

async function tellTakenOver(
  ctx: CliContext,
  flags: ConfigFlags,
  { takenOver }: Edited,
  { path }: ConfigFile,
): Promise<void> {
  if (!takenOver) return;
  await note(ctx, flags, `> ${takenOver.source} was taken over; from now on ${path} counts`);
  await warnOfLeftOut(ctx, flags, takenOver);
}

async function change(
  ctx: CliContext,
  flags: ConfigFlags,
  form: Extract<ConfigForm, { named: unknown }>,
  paths: ZagPaths,
  files: readonly ConfigFile[],
): Promise<number> {
  const file = files[0]!;
  const { key, setting } = form.named;
  const { shortKey } = await import("../../config/keys.ts");
  const short = shortKey(key);
  if (form.does === "set" && setting.globalOnly && file.scope !== "global") {
    const { UsageError } = await import("../errors.ts");
    throw new UsageError(
      `Cannot set ${short} for a project: it counts in the global configuration only`,
      "Add --global",
    );
  }
  const { setConfigValue } = await import("../../config/edit_config.ts");
  const value = form.does === "set" ? form.value : undefined;
  const edited = await setConfigValue(paths, file, key, value, waitingNote(ctx, flags));
  const { valueText } = await import("../config_view.ts");
  const said = value === undefined ? `${short} (unset)` : `${short} = ${valueText(value)}`;
  await ctx.stdout.write(await clean(ctx, said) + "\n");
  await tellTakenOver(ctx, flags, edited, file);
  await tellWhoCounts(ctx, flags, key, file);
  return 0;
}

/** Says where it was written, and what holds here when that is something else. */
async function tellWhoCounts(
  ctx: CliContext,
  flags: ConfigFlags,
  key: string,
  file: ConfigFile,
): Promise<void> {
  if (flags.quiet) return;
  await note(ctx, flags, `> in ${file.path}`);
  const setting = await whatHoldsHere(ctx, { ...flags, global: false }, key);
  if (!setting || setting.source === file.scope || setting.source === "built in") return;
  if (setting.source === "unset") return;
  const { valueText } = await import("../config_view.ts");
  await note(ctx, flags, `> here ${valueText(setting.value)} holds, from ${setting.from}`);
}

/** Undefined where that cannot be told: the edit is done all the same. */
async function whatHoldsHere(
  ctx: CliContext,
  flags: ConfigFlags,
  key: string,
): Promise<EffectiveSetting | undefined> {
  const { configFiles, ConfigError, readLayer } = await import("../../config/config.ts");
  const { zagPaths } = await import("../../config/paths.ts");
  const { effectiveSettings } = await import("../../config/settings.ts");
  try {
    const files = await configFiles(zagPaths(ctx.env), await projectOf(ctx, flags));
    const layers = await Promise.all(files.map(readLayer));
    return effectiveSettings(layers, ctx.env).find((each) => each.key === key);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    await note(ctx, flags, `warning: ${error.message}`);
    return undefined;
  }
}
