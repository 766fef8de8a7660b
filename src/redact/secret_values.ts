/**
 * Which variables hold secrets, and what of their values is secret.
 *
 * @module
 */
import { isTokenAsUser } from "./shapes.ts";

/** Shorter values occur by chance. */
const SHORTEST = 8;

/** So many words or digits tell nothing: what is only that is left alone below these lengths. */
const LONG_WORD = 16;
const LONG_NUMBER = 10;

/** Values of several lines, such as keys, are known by their long lines as well. */
const LONG_LINE = 20;

const SECRET_PART =
  /token|secret|passw(?:or)?d|passphrase|credential|(?:api|access|account|private)[_-]?key|conn(?:ection)?[_-]?str(?:ing)?/i;
const SECRET_WORD =
  /(?:^|[_-])(?:auth|authorization|creds?|pass|key|pat|pwd|pw|dsn|jwt|bearer|cookie)(?:[_-]|$)/i;

/** These say where somebody is and who: their values stand in every path. */
const ORDINARY = "HOME USERPROFILE USER USERNAME LOGNAME PWD OLDPWD PATH HOSTNAME SHELL TMPDIR"
  .split(" ");

/** Whether a variable of this name is likely to hold a secret. */
export function hasSecretName(name: string): boolean {
  return !/^(?:OLD)?PWD$/i.test(name) && (SECRET_PART.test(name) || SECRET_WORD.test(name));
}

/**
 * The secrets among variables: values, with the names under which they are known. What is short, a
 * word, a number, a path or a plain address is no secret, whatever its variable is called. The password
 * in an address is one, whatever its variable is called.
 */
export function secretsIn(
  variables: Readonly<Record<string, string | undefined>>,
): Map<string, string> {
  const secrets = new Map<string, string>();
  const ordinary = ORDINARY.map((name) => variables[name]).filter((value) => value !== undefined);
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) continue;
    const found = passwordsIn(value);
    if (hasSecretName(name)) {
      found.push(value, value.trim(), ...longLines(value), ...inHeader(value), ...keysIn(value));
    }
    if (found.length === 0) continue;
    const shown = /^\w{1,64}$/.test(name) ? name : "variable";
    // What a placeholder says must not be taken for a secret again.
    const known = [...ordinary, `[redacted:${shown}]`];
    for (const secret of found) {
      if (!isTelling(secret) || known.some((each) => each.includes(secret))) continue;
      if (!secrets.has(secret)) secrets.set(secret, shown);
    }
  }
  return secrets;
}

function longLines(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  if (lines.length < 2) return [];
  return lines.filter((line) => line.length >= LONG_LINE && !line.startsWith("-----"));
}

/** The value of a header may say of what kind it is. */
function inHeader(value: string): string[] {
  const secret = /^(?:bearer|basic|token)\s+(\S+)$/i.exec(value)?.[1];
  return secret === undefined ? [] : [secret];
}

/** Passwords in the address of a server, tokens in the place of its user, and what is named like a secret in its query. */
function passwordsIn(value: string): string[] {
  if (!/^\s*[a-z][\w+.:-]*:\/\//i.test(value)) return [];
  const authority = /:\/\/([^\s/?#]*)@/.exec(value)?.[1] ?? "";
  const password = /^[^:]*:(.+)$/s.exec(authority)?.[1];
  const user = authority.split(":")[0]!;
  return [
    ...password === undefined ? [] : [password],
    ...isTokenAsUser(user) ? [user] : [],
    ...named(value, /[?&;]/),
  ]
    .flatMap((secret) => [secret, unescaped(secret)]);
}

/** What is secret in the name of a source of data, such as `me:PASSWORD@tcp(host)/db`. */
function keysIn(value: string): string[] {
  // With some services the name of the user is the key.
  const user = /^\s*(?:[a-z][\w+.-]*:\/\/)?([^\s/?#@]+)@/i.exec(value)?.[1] ?? "";
  const [name, ...password] = user.split(":");
  const key = password.length > 0 ? password.join(":") : value.includes("://") ? name! : "";
  return [key, ...named(value, /[;\s?&]/)].filter((secret) => secret !== "");
}

/** The values of `NAME=VALUE` that are named like secrets. */
function named(value: string, separator: RegExp): string[] {
  return value.split(separator).flatMap((pair) => {
    const at = pair.indexOf("=");
    if (at < 1 || !hasSecretName(pair.slice(0, at).trim())) return [];
    return [pair.slice(at + 1).trim()];
  });
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isTelling(value: string): boolean {
  if (value.trim().length < SHORTEST || new Set(value).size < 4) return false;
  if (/^[\d.,:+-]+$/.test(value)) return value.replace(/\D/g, "").length >= LONG_NUMBER;
  if (isPath(value) || /^[a-z][\w+.-]*:\/\/[^\s@?#]*$/i.test(value)) return false;
  const words = value.split(/[ _-]/);
  return words.length > 2 ||
    words.some((word) => word.length >= LONG_WORD || !/^(?:[a-z]*|[A-Z]*|[A-Z][a-z]*)$/.test(word));
}

/** Base64 can begin with a slash, too, but is no path to be read. */
function isPath(value: string): boolean {
  if (!/^(?:~|\.{0,2})[\\/]|^[a-z]:[\\/]/i.test(value)) return false;
  return !value.split(/[\\/]/).some((part) =>
    part.length >= LONG_WORD && /[A-Z]/.test(part) && /[a-z]/.test(part) && /\d/.test(part)
  );
}
