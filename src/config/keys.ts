/**
 * Every setting there is. Reading, checking, `zag config`, the JSON Schema and the manual all take
 * theirs from this table.
 *
 * @module
 */
import { NOTIFICATION_KINDS } from "../notify/notification.ts";
import { NotifyTargetError, parseKinds, parseTarget } from "../notify/target.ts";
import { compilePattern } from "./patterns.ts";
import { tokensIn } from "./token_count.ts";
import { PROVIDER_NAMES, TIERS } from "../providers/registry.ts";

/** What a setting can hold. */
export type ConfigValue = string | number | boolean | readonly string[];

/** One setting. */
export interface Setting<T extends ConfigValue = ConfigValue> {
  /** What it may hold. */
  readonly type: "string" | "boolean" | "integer" | "number" | "texts";
  /** The only texts that are accepted, in lower case; they may be given in any. */
  readonly choices?: readonly T[];
  /** What a text that somebody types has to match, and what to say of another one. */
  readonly pattern?: { readonly test: RegExp; readonly reason: string };
  /** What its texts look like, for editors; `refuses` may be stricter. */
  readonly form?: string;
  /** Says why it cannot hold a text, also one of a file; the reason goes on after the key's name. */
  readonly refuses?: (text: string) => string | undefined;
  /** What somebody types for it may be a secret, which no error quotes. */
  readonly isPrivate?: boolean;
  /** An empty text says something, too. */
  readonly mayBeEmpty?: boolean;
  /** It is typed with `k` or `M` where it counts tokens. */
  readonly counts?: "tokens";
  /** The smallest number. @default 1 */
  readonly least?: number;
  /** It stands for any name in its section, in place of its own. */
  readonly open?: boolean;
  /** One of many alike, which lists name only where somebody has set it. */
  readonly rare?: boolean;
  /** One line for lists and editors. */
  readonly brief: string;
  /** What holds when nobody says anything; undefined when nothing does. */
  readonly builtIn?: T;
  /** It counts in the global configuration only. */
  readonly globalOnly?: boolean;
  /** An environment variable that beats every file, and what its value stands for. */
  readonly variable?: { readonly name: string; read(text: string): T | undefined };
}

/** A regular expression for a word in any case: those of a schema have no flags. */
function anyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);
}

const TARGET_FORM = String.raw`^\s*(?:${anyCase("desktop")}\s*$|${
  anyCase("http")
}[Ss]?:|command:)|[/\\]`;

const KIND_FORM = String.raw`\s*(?:${NOTIFICATION_KINDS.map(anyCase).join("|")})\s*`;
const KINDS_FORM = `^${KIND_FORM}(?:,${KIND_FORM})*$`;

/** Why somebody cannot be notified as it is said; undefined when that is possible. */
function refusal(read: () => unknown): string | undefined {
  try {
    read();
  } catch (error) {
    if (error instanceof NotifyTargetError) return error.reason;
    throw error;
  }
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

function count(brief: string, details: Details<number> = {}): Setting<number> {
  return { type: "integer", brief, ...details };
}

function texts(
  brief: string,
  details: Details<readonly string[]> = {},
): Setting<readonly string[]> {
  return { type: "texts", brief, ...details };
}

function amount(brief: string): Setting<number> {
  return { type: "number", brief };
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
  "notify.target": text(
    "Who is told what happens to sessions: desktop, a URL, command:PROGRAM ARGS, or a path",
    {
      form: TARGET_FORM,
      refuses: (target) => refusal(() => parseTarget(target, "/")),
      isPrivate: true,
    },
  ),
  "notify.on": text("What they are told of: some of end, failure, limit, question", {
    form: KINDS_FORM,
    refuses: (kinds) => refusal(() => parseKinds(kinds)),
  }),
  "budget.max_cost": amount("Most US dollars a call may spend, as --max-cost says"),
  "budget.max_tokens": count("Most tokens a call may use, as --max-tokens says", {
    counts: "tokens",
  }),
  "usage_limits.enabled": flag("Let a session wait for the end of a usage limit, and go on then", {
    builtIn: true,
  }),
  "usage_limits.resume_message": text("What the agent is told when the session goes on", {
    builtIn: "Continue",
  }),
  "usage_limits.max_wait_secs": count("No wait is longer, in seconds", {
    builtIn: 86_400,
    least: 0,
  }),
  "usage_limits.default_fallback_secs": count(
    "How long to wait where the provider does not say, in seconds",
    { builtIn: 3600, least: 0 },
  ),
  "usage_limits.jitter_secs": count("Up to so many seconds more are waited, by chance", {
    builtIn: 30,
    least: 0,
  }),
  "usage_limits.max_attempts": count("How often one session goes on at most; 0: without an end", {
    builtIn: 12,
    least: 0,
  }),
};

/** What a model costs has a name that nobody knows before. */
const PRICES: Readonly<Record<string, Setting>> = {
  "prices.MODEL": text(
    'US dollars a million tokens of a model: "input=1.25 output=10 cached=0.125 cache_write=1.5"',
    {
      open: true,
      pattern: {
        test:
          /^(?=.*\binput=)(?=.*\boutput=)(\s*,?\s*\b(input|output|cached|cache_write)=\d+(\.\d+)?)+$/,
        reason: 'it must be written like "input=1.25 output=10 cached=0.125"',
      },
    },
  ),
};

/** How usage limits of one provider are met; what is not set is as for all of them. */
function limitsOf(provider: string): Record<string, Setting> {
  const section = `usage_limits.providers.${provider}`;
  const rare = true;
  return {
    [`${section}.enabled`]: flag(`Go on after a usage limit of ${provider}`, { rare }),
    [`${section}.resume_message`]: text(`What ${provider} is told then`, { rare }),
    [`${section}.fallback_secs`]: count(
      `How long to wait where ${provider} does not say, in seconds`,
      { least: 0, rare },
    ),
    [`${section}.extra_patterns`]: texts(
      `Regular expressions that tell a usage limit in an error of ${provider}`,
      { rare },
    ),
  };
}

/** What is done about agents that are silent. */
const WATCHDOG = {
  "watchdog.first_byte_secs": count(
    "How long an agent may print nothing at first; 0: for ever; built in by provider",
    { least: 0 },
  ),
  "watchdog.idle_secs": count(
    "How long an agent may be silent later, as --idle-timeout; 0: for ever",
    {
      builtIn: 0,
      least: 0,
    },
  ),
  "watchdog.retry": flag("Start an agent once more that ended before anything had happened", {
    builtIn: true,
  }),
};

/** How long one provider's agent may be silent. */
function watchdogOf(provider: string): Record<string, Setting> {
  const section = `watchdog.providers.${provider}`;
  const details = { least: 0, rare: true };
  return {
    [`${section}.first_byte_secs`]: count(
      `How long ${provider} may print nothing at first; 0: for ever`,
      details,
    ),
    [`${section}.idle_secs`]: count(
      `How long ${provider} may be silent later; 0: for ever`,
      details,
    ),
  };
}

type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** The settings that somebody made, by dotted key. */
export type Config =
  & { -readonly [K in keyof typeof NAMED]?: ValueOf<(typeof NAMED)[K]> }
  & { -readonly [K in keyof typeof WATCHDOG]?: ValueOf<(typeof WATCHDOG)[K]> }
  & {
    /** The model of one provider; beats `defaults.model`. */
    [model: `models.${string}`]: string;
    /** What a model costs; in parts, as `readPrice` takes them. */
    [price: `prices.${string}`]: string;
    /** How usage limits of one provider are met. */
    [limits: `usage_limits.providers.${string}`]: ConfigValue;
    /** How long one provider's agent may be silent. */
    [watchdog: `watchdog.providers.${string}`]: number;
  };

/**
 * Every setting by dotted key, `section.name`; those of a section stand together. A name with a dot in
 * it is that of an object in the section, and of one in that.
 */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>(
  Object.entries({
    ...sectionOf("defaults"),
    ...Object.fromEntries(
      PROVIDER_NAMES.map((name) => [`models.${name}`, text(`The model of ${name} without -m`)]),
    ),
    ...NAMED,
    ...PRICES,
    ...Object.assign({}, ...PROVIDER_NAMES.map(limitsOf)) as Record<string, Setting>,
    ...WATCHDOG,
    ...Object.assign({}, ...PROVIDER_NAMES.map(watchdogOf)) as Record<string, Setting>,
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

/** The setting of a key in full; undefined when there is none. */
export function settingOf(key: string): Setting | undefined {
  const known = SETTINGS.get(key);
  if (known) return known;
  const [section = "", name] = [key.slice(0, key.indexOf(".")), key.slice(key.indexOf(".") + 1)];
  if (name === "") return undefined;
  return [...SETTINGS].find(([each, { open }]) => open && each.startsWith(`${section}.`))?.[1];
}

/** The names in a key, from the section inwards; where any name will do it can hold dots. */
export function namesOf(key: string): string[] {
  const names = key.split(".");
  const [section, ...rest] = names;
  return settingOf(key)?.open ? [section!, rest.join(".")] : names;
}

/** Whether an object of settings stands under this key, within a section. */
export function holdsSettings(key: string): boolean {
  return [...SETTINGS.keys()].some((each) => each.startsWith(`${key}.`));
}

/** All keys in full; those that are alike for each provider once, with a word for its name. */
export function listedKeys(): string[] {
  const keys = [...SETTINGS].map(([key, { rare }]) =>
    rare ? key.replace(/^(\w+\.providers)\.[^.]+/, "$1.PROVIDER") : key
  );
  return [...new Set(keys)];
}

/** What a setting can hold, in words: its choices, `true or false`, or the kind of value. */
export function valuesText({ type, choices }: Setting): string {
  if (choices) return choices.join(", ");
  if (type === "texts") return "a JSON array of texts";
  if (type === "number") return "a number";
  return type === "boolean" ? "true, false" : type === "integer" ? "a whole number" : "text";
}

/** How a key is written on the command line: `model` for `defaults.model`. */
export function shortKey(key: string): string {
  return key.replace(/^defaults\./, "").replace(/^models\./, "model.");
}

/** The dotted key that a text stands for, written short or in full; undefined when there is none. */
export function findKey(text: string): string | undefined {
  if (settingOf(text)) return text;
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
    const least = setting.least ?? 1;
    const number = Number.isInteger(value) ? Number(value) : NaN;
    if (number >= least && number <= MAX_COUNT) return number;
    const bound = number > MAX_COUNT
      ? `, at most ${MAX_COUNT}`
      : least === 1
      ? " above 0"
      : number < least
      ? `, ${least} or more`
      : "";
    throw new RangeError(`it must be a whole number${bound}`);
  }
  if (type === "number") {
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
    throw new RangeError("it must be a number above 0");
  }
  if (type === "texts") {
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
    throw new RangeError("it must be an array of texts");
  }
  if (choices) {
    const lower = typeof value === "string" ? value.toLowerCase() : undefined;
    if (lower !== undefined && choices.includes(lower)) return lower;
    throw new RangeError(`it must be one of ${choices.join(", ")}`);
  }
  if (typeof value !== "string") throw new RangeError("it must be a string");
  if (value.trim() === "" && !setting.mayBeEmpty) throw new RangeError("it must not be empty");
  const refused = setting.refuses?.(value);
  if (refused !== undefined) throw new RangeError(refused);
  if (setting.open && !setting.pattern?.test.test(value)) {
    throw new RangeError(setting.pattern?.reason);
  }
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
    const number = setting.counts === "tokens" ? tokensIn(text) : undefined;
    return checkValue(setting, number ?? (/^-?\d+$/.test(text) ? Number(text) : undefined));
  }
  if (setting.type === "number") {
    const digits = /^\$?(\d+\.?\d*|\.\d+)$/.exec(text)?.[1];
    return checkValue(setting, digits === undefined ? undefined : Number(digits));
  }
  if (setting.type === "texts") return readTexts(setting, text);
  const value = checkValue(setting, text);
  if (setting.pattern && !setting.pattern.test.test(text)) {
    throw new RangeError(setting.pattern.reason);
  }
  return value;
}

/** Texts are typed as JSON; all lists of them are of regular expressions. */
function readTexts(setting: Setting, text: string): ConfigValue {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RangeError('it must be a JSON array of texts, such as ["text", "another"]');
  }
  const patterns = checkValue(setting, value) as readonly string[];
  for (const pattern of patterns) {
    try {
      compilePattern(pattern);
    } catch (error) {
      throw new RangeError(error instanceof Error ? error.message : String(error));
    }
  }
  return patterns;
}
