/**
 * What looks like a secret wherever it stands, whoever it belongs to.
 *
 * @module
 */

import type { Range } from "./ranges.ts";

/** A kind of secret that can be told by its looks. */
export interface Shape {
  /** What stands in its place says this. */
  readonly kind: string;
  /** Each of its texts holds one of these; what comes behind it is `follows`. */
  readonly literals: readonly string[];
  /** At least so many characters of words, dashes or base64 follow a literal. */
  readonly follows: number;
  /** Its texts; the first group, if there is one, is kept. */
  readonly pattern: RegExp;
  /** The beginning of one, at the end of a text that was cut off. */
  readonly begun?: RegExp;
  /** Whether a text that fits is one; without this, each is. */
  readonly likely?: (text: string) => boolean;
}

/**
 * Where a secret can begin: not inside of a word, but behind an escape that was not read (`\n`), a
 * colour (`ESC[31m`) and a code of a URL (`%3D`).
 */
const LEFT = String
  .raw`(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])|(?<=\[[0-9;]{0,12}m)|(?<=%[0-9A-Fa-f]{2}))`;

/** The same, and not behind a dash either: for what may be long, so that each run is read once. */
const LEFT_OF_RUN = String
  .raw`(?:(?<![\w-])|(?<=\\[nrtbf])|(?<=\[[0-9;]{0,12}m)|(?<=%[0-9A-Fa-f]{2}))`;

/** What stands in the place of a secret. */
export function placeholder(name: string): string {
  return `[redacted:${name}]`;
}

const PLACEHOLDER = /\[redacted:[\w-]{1,64}\]/;

/** Not what already stands in the place of a secret. */
const DONE = String.raw`(?!\[redacted:)`;

function shape(
  kind: string,
  literals: readonly string[],
  follows: number,
  pattern: string,
  more: { begun?: string; likely?: Shape["likely"]; flags?: string } = {},
): Shape {
  const { begun, likely, flags = "g" } = more;
  return {
    kind,
    literals,
    follows,
    pattern: new RegExp(pattern, flags),
    ...(begun === undefined ? {} : { begun: new RegExp(`${begun}$`) }),
    ...(likely === undefined ? {} : { likely }),
  };
}

const hasDigit = (text: string) => /\d/.test(text);
const hasDigitAndLetter = (text: string) => /\d/.test(text) && /[A-Za-z]/.test(text);

/** Names of people and of services are rarely that long. */
export const SHORTEST_USER = 16;

/**
 * Whether a token stands where an address names its user, who may have no password then: names of people
 * and of services have no digits in the middle of a long word.
 */
export function isTokenAsUser(user: string): boolean {
  if (user.length < SHORTEST_USER || /%40/.test(user)) return false;
  return (user.match(/\w{12,}/g) ?? []).some((word) => /\d[A-Za-z]/.test(word));
}

/** All of them. */
export const SHAPES: readonly Shape[] = [
  shape(
    "api-key",
    ["sk-"],
    16,
    `${LEFT}sk-(?:(?:ant|proj|svcacct|admin|or)-[\\w-]{16,}|[A-Za-z0-9]{20,})`,
    {
      begun: `${LEFT}sk-(?:(?:ant|proj|svcacct|admin|or)(?:-[\\w-]*)?|[A-Za-z0-9]*\\d[A-Za-z0-9]*)`,
      likely: hasDigit,
    },
  ),
  shape("api-key", ["k_live_", "k_test_"], 16, `${LEFT}[prs]k_(?:live|test)_[A-Za-z0-9]{16,}`, {
    begun: `${LEFT}[prs]k_(?:live|test)_[A-Za-z0-9]+`,
  }),
  shape("api-key", ["hf_"], 30, `${LEFT}hf_[A-Za-z0-9]{30,}`, {
    begun: `${LEFT}hf_[A-Za-z0-9]{4,}`,
  }),
  shape("github-token", ["ghp_", "gho_", "ghs_", "ghu_", "ghr_"], 20, `${LEFT}gh[opsur]_\\w{20,}`, {
    begun: `${LEFT}gh[opsur]_\\w+`,
    likely: hasDigitAndLetter,
  }),
  shape("github-token", ["github_pat_"], 20, `${LEFT}github_pat_\\w{20,}`, {
    begun: `${LEFT}github_pat_\\w+`,
    likely: hasDigit,
  }),
  shape("gitlab-token", ["glpat-"], 16, `${LEFT}glpat-[\\w-]{16,}`, {
    begun: `${LEFT}glpat-[\\w-]+`,
  }),
  shape(
    "slack-token",
    ["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"],
    10,
    `${LEFT}xox[abeoprs]-[\\w-]{10,}`,
    { begun: `${LEFT}xox[abeoprs]-[\\w-]+`, likely: hasDigit },
  ),
  shape("npm-token", ["npm_"], 30, `${LEFT}npm_[A-Za-z0-9]{30,}`, {
    begun: `${LEFT}npm_[A-Za-z0-9]*\\d[A-Za-z0-9]*`,
    likely: hasDigit,
  }),
  shape("aws-key", ["AKIA", "ASIA"], 16, `${LEFT}A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])`, {
    begun: `${LEFT}A[KS]IA[A-Z0-9]*`,
    likely: hasDigit,
  }),
  shape("google-key", ["AIza"], 35, `${LEFT}AIza[\\w-]{35}(?![\\w-])`, {
    begun: `${LEFT}AIza[\\w-]+`,
  }),
  shape("google-key", ["ya29.", "GOCSPX-"], 20, `${LEFT}(?:ya29\\.|GOCSPX-)[\\w-]{20,}`, {
    begun: `${LEFT}(?:ya29\\.|GOCSPX-)[\\w-]+`,
  }),
  shape(
    "jwt",
    [".eyJ"],
    8,
    `${LEFT_OF_RUN}eyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}(?:\\.[\\w-]*)?`,
    { begun: `${LEFT_OF_RUN}eyJ[\\w-]{8,}(?:\\.[\\w-]*){0,2}` },
  ),
  shape(
    "authorization",
    ["Bearer ", "bearer ", "BEARER ", "basic ", "Basic ", "BASIC "],
    8,
    `(\\bauthorization["'\\\\]{0,6}\\s{0,4}[:=,]\\s{0,4}["'\\\\]{0,6}(?:bearer|basic) {1,4})${DONE}[\\w.~+/=-]{8,}`,
    {
      flags: "gi",
      begun:
        `([Aa]uthorization["'\\\\]{0,6}\\s{0,4}[:=,]\\s{0,4}["'\\\\]{0,6}[A-Za-z]{5,6} {1,4})[\\w.~+/=-]+`,
    },
  ),
  shape(
    "authorization",
    ["Bearer ", "bearer ", "BEARER "],
    20,
    `(\\bbearer {1,4})${DONE}[\\w.~+/=-]{20,}`,
    {
      flags: "gi",
      likely: (text) => hasDigitAndLetter(text.replace(/^\S+ +/, "")),
    },
  ),
  shape(
    "url-password",
    ["://"],
    0,
    `(\\b[A-Za-z][\\w+.-]{1,30}:\\/\\/(?:${PLACEHOLDER.source}|${DONE}[^\\s\\/@:"'\\\\<>]){0,200}:)${DONE}(?![$<{%*])[^\\s\\/@"'\\\\<>\`]{3,200}(?=@[\\w\\[.-])`,
  ),
  shape(
    "url-token",
    ["://"],
    0,
    `([\\w+.-]:\\/\\/)${DONE}(?![$<{%*])[^\\s\\/@:"'\\\\<>\`]{${SHORTEST_USER},200}(?=(?::[^\\s\\/@"'\\\\<>\`]{0,200})?@[\\w\\[.-])`,
    { likely: (text) => isTokenAsUser(text.slice(text.indexOf("://") + 3)) },
  ),
];

/** How a private key begins, whatever kind of key it is. */
const KEY_HEAD = /-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
const KEY_TAIL = /-----END (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/y;

/** What a key consists of, also as a string of a program, as quoted, or with numbers of lines. */
const KEY_BODY = /^[A-Za-z0-9+/=\s\\"',:.>|→│-]*/;

/** What stands in every private key. */
export const KEY_LITERAL = "PRIVATE KEY";

/** Fewer characters are no key, but words about one. */
const SHORTEST_KEY = 40;

/** Where private keys stand; one whose end is missing goes as far as it is there. */
function keysIn(text: string): Range[] {
  const found: Range[] = [];
  if (!text.includes(KEY_LITERAL)) return found;
  KEY_HEAD.lastIndex = 0;
  for (let head = KEY_HEAD.exec(text); head; head = KEY_HEAD.exec(text)) {
    const end = endOfKey(text, head.index + head[0].length);
    if (end === undefined) continue;
    found.push({ at: head.index, end, name: "private-key" });
    KEY_HEAD.lastIndex = end;
  }
  return found;
}

/** Where the key ends whose head ends here; undefined when there is none. */
function endOfKey(text: string, from: number): number | undefined {
  const marker = text.indexOf("-----", from);
  const body = KEY_BODY.exec(marker < 0 ? text.slice(from) : text.slice(from, marker))![0];
  if (body.replace(/[^A-Za-z0-9+/=]/g, "").length < SHORTEST_KEY) return undefined;
  KEY_TAIL.lastIndex = from + body.length;
  return KEY_TAIL.test(text) ? KEY_TAIL.lastIndex : from + body.length;
}

/** Whether something was taken out of this text, as far as its looks tell. */
export function holdsPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text);
}

/** Where something stands that looks like a secret; of some kinds at the same place, too. */
export function shapesIn(text: string): Range[] {
  const found = keysIn(text);
  for (const { kind, literals, pattern, likely } of SHAPES) {
    if (!literals.some((literal) => text.includes(literal))) continue;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      if (!likely || likely(match[0])) found.push(rangeOf(match, kind));
    }
  }
  return found;
}

/** What may be the beginnings of such, where the text was cut off. */
export function shapesBegunIn(text: string): Range[] {
  return SHAPES.flatMap(({ kind, begun }) => {
    const match = begun?.exec(text);
    return match ? [rangeOf(match, kind)] : [];
  });
}

/** Without what is kept of it. */
function rangeOf(match: RegExpExecArray, name: string): Range {
  const { index, 0: text, 1: kept = "" } = match;
  return { at: index + kept.length, end: index + text.length, name };
}
