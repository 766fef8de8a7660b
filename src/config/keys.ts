/**
 * Every setting there is. Reading, checking, `zag config`, the JSON Schema and the manual all take
 * theirs from this table.
 *
 * @module
 */
import { PROVIDER_NAMES, TIERS } from "../providers/registry.ts";

/** What a setting can hold. */
export type ConfigValue = string | number | boolean;

/** One setting. */
export interface Setting<T extends ConfigValue = ConfigValue> {
  /** What it may hold. */
  readonly type: "string" | "boolean" | "integer";
  /** The only texts that are accepted, in lower case; they may be given in any. */
  readonly choices?: readonly T[];
  /** What a text that somebody types has to match, and what to say of another one. */
  readonly pattern?: { readonly test: RegExp; readonly reason: string };
  /** An empty text says something, too. */
  readonly mayBeEmpty?: boolean;
  /** One line for lists and editors. */
  readonly brief: string;
  /** What holds when nobody says anything; undefined when nothing does. */
  readonly builtIn?: T;
  /** It counts in the global configuration only. */
  readonly globalOnly?: boolean;
  /** An environment variable that beats every file, and what its value stands for. */
  readonly variable?: { readonly name: string; read(text: string): T | undefined };
}

type Details<T extends ConfigValue> = Omit<Setting<T>, "type" | "choices" | "brief">;

function text(brief: string, details: Details<string> = {}): Setting<string> {
  return { type: "string", brief, ...details };
}

function choice<const T extends string>(
  choices: readonly T[],
  brief: string,
  details: Details<T> = {},
): Setting<T> {
  return { type: "string", choices, brief, ...details };
}

function flag(brief: string, details: Details<boolean> = {}): Setting<boolean> {
  return { type: "boolean", brief, ...details };
}

function count(brief: string): Setting<number> {
  return { type: "integer", brief };
}

/** The largest number that a count may be. */
export const MAX_COUNT = 0xffff_ffff;

/** The settings that are known by a name of their own. */
const NAMED = {
  "defaults.provider": choice(
    [...PROVIDER_NAMES, "auto"],
    "The agent that is used without -p; auto lets a model choose",
    { builtIn: TIERS[0]! },
  ),
  "defaults.model": text("The model without -m: a size (small, medium, large), a name, or auto"),
  "defaults.auto_approve": flag("Let agents use their tools without asking, as -a does", {
    builtIn: false,
  }),
  "defaults.max_turns": count("Most turns an agent may take, as --max-turns says"),
  "defaults.system_prompt": text("Instructions added to the agent's system prompt, as with -s", {
    mayBeEmpty: true,
  }),
  "auto.provider": choice(
    PROVIDER_NAMES,
    "Who chooses for auto; by default the agent that is used without -p",
  ),
  "auto.model": text("The model that chooses for auto", { builtIn: "medium" }),
  "ollama.model": text("The model family of Ollama", { builtIn: "qwen3.5" }),
  "ollama.size": text("The parameter size of Ollama's model", { builtIn: "9b" }),
  "ollama.size_small": text("What the size small stands for with Ollama", { builtIn: "2b" }),
  "ollama.size_medium": text("What the size medium stands for with Ollama", { builtIn: "9b" }),
  "ollama.size_large": text("What the size large stands for with Ollama", { builtIn: "35b" }),
  "claude.allow_print": flag("Let Claude Code run without a terminal, billed by the token or not", {
    builtIn: false,
    globalOnly: true,
    variable: {
      name: "ZAG_CLAUDE_ALLOW_PRINT",
      read: (value) => !["", "0", "false"].includes(value.toLowerCase()) || undefined,
    },
  }),
  "listen.format": choice(["text", "json", "rich-text"], "How listen shows events", {
    builtIn: "text",
  }),
  "listen.timestamp_format": text("The times of listen --timestamps, as strftime writes them", {
    builtIn: "%H:%M:%S",
    pattern: {
      test: /^(?:[^%]|%\.?3f|%[-_]?[A-DFHILMPRSTXYZa-ehj-npr-uw-z%])+$/,
      reason: "a letter after its % stands for nothing; write %% for a percent sign",
    },
  }),
};

type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** The settings that somebody made, by dotted key. */
export type Config =
  & { -readonly [K in keyof typeof NAMED]?: ValueOf<(typeof NAMED)[K]> }
  & {
    /** The model of one provider; beats `defaults.model`. */
    [model: `models.${string}`]: string;
  };

/** Every setting by dotted key, `section.name`; those of a section stand together. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>(
  Object.entries({
    ...sectionOf("defaults"),
    ...Object.fromEntries(
      PROVIDER_NAMES.map((name) => [`models.${name}`, text(`The model of ${name} without -m`)]),
    ),
    ...NAMED,
  }),
);

function sectionOf(section: string): Record<string, Setting> {
  const all = Object.entries<unknown>(NAMED) as [string, Setting][];
  return Object.fromEntries(all.filter(([key]) => key.startsWith(`${section}.`)));
}

/** The names of the sections of a file, in their order. */
export const SECTIONS: readonly string[] = [
  ...new Set([...SETTINGS.keys()].map((key) => key.slice(0, key.indexOf(".")))),
];

/** What a setting can hold, in words: its choices, `true or false`, or the kind of value. */
export function valuesText({ type, choices }: Setting): string {
  if (choices) return choices.join(", ");
  return type === "boolean" ? "true, false" : type === "integer" ? "a whole number" : "text";
}

/** How a key is written on the command line: `model` for `defaults.model`. */
export function shortKey(key: string): string {
  return key.replace(/^defaults\./, "").replace(/^models\./, "model.");
}

/** The dotted key that a text stands for, written short or in full; undefined when there is none. */
export function findKey(text: string): string | undefined {
  if (SETTINGS.has(text)) return text;
  return [...SETTINGS.keys()].find((key) => shortKey(key) === text);
}

/**
 * A value as the program uses it, from one of a file: choices in lower case.
 *
 * @throws {RangeError} when the setting cannot hold it; the message goes on after the key's name
 */
export function checkValue(setting: Setting, value: unknown): ConfigValue {
  const { type, choices } = setting;
  if (type === "boolean") {
    if (typeof value === "boolean") return value;
    throw new RangeError("it must be true or false");
  }
  if (type === "integer") {
    if (Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_COUNT) {
      return Number(value);
    }
    throw new RangeError("it must be a whole number above 0");
  }
  if (choices) {
    const lower = typeof value === "string" ? value.toLowerCase() : undefined;
    if (lower !== undefined && choices.includes(lower)) return lower;
    throw new RangeError(`it must be one of ${choices.join(", ")}`);
  }
  if (typeof value !== "string") throw new RangeError("it must be a string");
  if (value.trim() === "" && !setting.mayBeEmpty) throw new RangeError("it must not be empty");
  return value;
}

/**
 * A value from the text that somebody typed: `yes` and `1` are true, too.
 *
 * @throws {RangeError} as {@linkcode checkValue}
 */
export function readValue(setting: Setting, text: string): ConfigValue {
  if (setting.type === "boolean") {
    const word = text.toLowerCase();
    if (["true", "1", "yes"].includes(word)) return true;
    if (["false", "0", "no"].includes(word)) return false;
    throw new RangeError("it must be true or false (1 and yes, 0 and no)");
  }
  if (setting.type === "integer") {
    return checkValue(setting, /^\d{1,10}$/.test(text) ? Number(text) : undefined);
  }
  const value = checkValue(setting, text);
  if (setting.pattern && !setting.pattern.test.test(text)) {
    throw new RangeError(setting.pattern.reason);
  }
  return value;
}
