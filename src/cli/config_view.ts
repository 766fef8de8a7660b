/** Settings, for people and for programs. */
import { shortKey } from "../config/keys.ts";
import type { EffectiveSetting } from "../config/settings.ts";
import type { ConfigValue } from "../config/keys.ts";
import type { CliContext } from "./context.ts";
import { jsonText } from "./json_text.ts";
import { table } from "./table.ts";

/** Who says what a setting is; nothing for one that is not set. */
export function sourceText({ source, from }: EffectiveSetting, whole: boolean): string {
  if (source === "unset") return whole ? "not set" : "";
  return whole && from !== undefined ? from : source;
}

/** A line for each setting; `whole` names files in place of whom they belong to. */
export function settingsTable(
  ctx: CliContext,
  settings: readonly EffectiveSetting[],
  whole: boolean,
): string {
  const listed = whole ? settings : settings.filter(isListed);
  return table(listed, [
    { title: "KEY", cell: ({ key }) => shortKey(key) },
    { title: "VALUE", cell: ({ value }) => valueText(value), min: 12 },
    {
      title: "SOURCE",
      cell: (setting) => sourceText(setting, whole && setting.source !== "unset"),
      cut: "start",
      min: 8,
    },
  ], { width: ctx.stdout.isTerminal ? ctx.stdout.columns : undefined });
}

/** One of many alike is of no interest before somebody has set it. */
function isListed({ setting, source }: EffectiveSetting): boolean {
  return !setting.rare || source !== "unset";
}

/** A value as it is typed. */
export function valueText(value: ConfigValue | undefined): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value ?? "(not set)");
}

/** An array of all settings, on one line. */
export function settingsJson(ctx: CliContext, settings: readonly EffectiveSetting[]): string {
  return jsonText(ctx, JSON.stringify(settings.map(record))) + "\n";
}

/** An object of one setting, on one line. */
export function settingJson(ctx: CliContext, setting: EffectiveSetting): string {
  return jsonText(ctx, JSON.stringify(record(setting))) + "\n";
}

function record({ key, setting, value, source, from }: EffectiveSetting) {
  return {
    key: shortKey(key),
    value: value ?? null,
    source: source === "unset" ? null : source.replace(" ", "_"),
    from: from ?? null,
    default: setting.builtIn ?? null,
    brief: setting.brief,
  };
}
