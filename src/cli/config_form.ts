/** What the words after `zag config` ask for. */
import { didYouMean } from "../suggest.ts";
import {
  type ConfigValue,
  findKey,
  listedKeys,
  readValue,
  type Setting,
  settingOf,
  SETTINGS,
  shortKey,
} from "../config/keys.ts";
import { quote, UsageError } from "./errors.ts";

/** A setting that was named. */
export interface NamedSetting {
  /** Dotted, in full. */
  readonly key: string;
  readonly setting: Setting;
}

/** One way to use the command. */
export type ConfigForm =
  | { readonly does: "show" | "list" | "path" | "init" | "reset" }
  | { readonly does: "get" | "unset"; readonly named: NamedSetting }
  | { readonly does: "set"; readonly named: NamedSetting; readonly value: ConfigValue };

/** The words that are no keys, and how each is used. */
const USAGES: Readonly<Record<string, string>> = {
  get: "zag config get KEY",
  set: "zag config set KEY VALUE",
  unset: "zag config unset KEY",
  list: "zag config list",
  path: "zag config path",
  init: "zag config init",
  reset: "zag config reset",
};

const SET_USAGE = "zag config KEY VALUE, or zag config KEY=VALUE";

/**
 * Reads the words.
 *
 * @throws {UsageError} when they fit no form, name no setting, or give it a value that it cannot hold
 */
export function configForm(words: readonly string[]): ConfigForm {
  const [first, ...rest] = words;
  if (first === undefined) return { does: "show" };
  switch (first) {
    case "list":
    case "path":
    case "init":
    case "reset":
      if (rest.length > 0) tooMuch(rest[0]!, USAGES[first]!);
      return { does: first };
    case "get":
    case "unset":
      if (rest.length === 0) missing("key", USAGES[first]!);
      if (rest.length > 1) tooMuch(rest[1]!, USAGES[first]!);
      return { does: first, named: named(rest[0]!) };
    case "set":
      if (rest.length === 0) missing("key", USAGES.set!);
      if (rest.length === 1 && !rest[0]!.includes("=")) missing("value", USAGES.set!);
      return assignment(rest, USAGES.set!);
  }
  if (words.length === 1 && !first.includes("=")) {
    return { does: "get", named: named(first, true) };
  }
  return assignment(words, SET_USAGE);
}

function assignment(words: readonly string[], usage: string): ConfigForm {
  const [first = "", second] = words;
  const equals = first.indexOf("=");
  const [name, text, count] = equals < 0
    ? [first, second ?? "", 2]
    : [first.slice(0, equals), first.slice(equals + 1), 1];
  const found = named(name);
  if (words.length > count) tooMuch(words[count]!, usage);
  return { does: "set", named: found, value: valueFor(found, text) };
}

function valueFor({ key, setting }: NamedSetting, text: string): ConfigValue {
  try {
    return readValue(setting, text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const short = shortKey(key);
    const near = didYouMean(text.toLowerCase(), setting.choices?.map(String) ?? []);
    const hint = text === "" ? `zag config unset ${short} takes it out` : near;
    const what = setting.isPrivate ? short : `${short} to ${quote(text)}`;
    throw new UsageError(`Cannot set ${what}: ${error.message}`, hint);
  }
}

function named(text: string, mayBeWord = false): NamedSetting {
  const key = findKey(text);
  if (key !== undefined) return { key, setting: settingOf(key)! };
  const keys = [...SETTINGS.keys()].map(shortKey);
  const words = mayBeWord ? Object.keys(USAGES) : [];
  const near = didYouMean(text, [...keys, ...words, ...SETTINGS.keys()]);
  throw new UsageError(
    `Cannot find the setting ${quote(text)}: there is none of this name`,
    [near, `The settings are ${listedKeys().map(shortKey).join(", ")}`].filter(Boolean).join("\n"),
  );
}

function missing(what: string, usage: string): never {
  throw new UsageError(`Cannot do this without a ${what}: write ${usage}`);
}

function tooMuch(word: string, usage: string): never {
  throw new UsageError(
    `Cannot use ${quote(word)} here: write ${usage}`,
    usage.includes("VALUE") ? "A value of several words goes into quotes" : undefined,
  );
}
