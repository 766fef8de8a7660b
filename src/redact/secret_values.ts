/**
 * Which variables hold secrets, and in which forms their values turn up.
 *
 * @module
 */

/** Shorter values occur by chance. */
const SHORTEST = 8;

/** So many words or digits tell nothing: what is only that is left alone below these lengths. */
const LONG_WORD = 16;
const LONG_NUMBER = 10;

/** Values of several lines, such as keys, are known by their long lines as well. */
const LONG_LINE = 20;

const SECRET_PART =
  /token|secret|passw(?:or)?d|passphrase|credential|api[_-]?key|access[_-]?key|private[_-]?key/i;
const SECRET_WORD =
  /(?:^|[_-])(?:auth|authorization|creds?|pass|key|pat|pwd|jwt|bearer|cookie)(?:[_-]|$)/i;

/** These say where somebody is and who: their values stand in every path. */
const ORDINARY = "HOME USERPROFILE USER USERNAME LOGNAME PWD OLDPWD PATH HOSTNAME SHELL TMPDIR"
  .split(" ");

/** Whether a variable of this name is likely to hold a secret. */
export function hasSecretName(name: string): boolean {
  return !/^(?:OLD)?PWD$/i.test(name) && (SECRET_PART.test(name) || SECRET_WORD.test(name));
}

/**
 * The secrets among variables: values, with the names under which they are known. What is short, a
 * word, a number, a path or a plain address is no secret, whatever its variable is called.
 */
export function secretsIn(
  variables: Readonly<Record<string, string | undefined>>,
): Map<string, string> {
  const secrets = new Map<string, string>();
  const ordinary = ORDINARY.map((name) => variables[name]).filter((value) => value !== undefined);
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined || !hasSecretName(name)) continue;
    const shown = /^\w{1,64}$/.test(name) ? name : "variable";
    // What a placeholder says must not be taken for a secret again.
    const known = [...ordinary, `[redacted:${shown}]`];
    for (const secret of [value, value.trim(), ...longLines(value), ...inHeader(value)]) {
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

/**
 * The forms in which a secret turns up: as it is, in JSON and in JSON inside of that, in a URL, and in
 * base64, also where it is only a part of what was encoded.
 */
export function formsOf(secret: string): string[] {
  const forms = new Set([secret]);
  for (let form = secret, depth = 0; depth < 3; depth++) {
    form = JSON.stringify(form).slice(1, -1);
    forms.add(form);
  }
  if (secret.isWellFormed()) {
    const inUrl = encodeURIComponent(secret);
    const lower = inUrl.replace(/%../g, (code) => code.toLowerCase());
    for (const form of [inUrl, lower]) forms.add(form).add(form.replaceAll(/%20/g, "+"));
  }
  const bytes = new TextEncoder().encode(secret);
  for (const before of [0, 1, 2]) {
    const base64 = encoded(bytes, before);
    for (const form of base64) forms.add(form).add(urlSafe(form));
  }
  return [...forms].filter((form) => form.length >= SHORTEST);
}

/** What bytes become in base64 behind so many others, whatever those are and whatever follows. */
function encoded(bytes: Uint8Array, before: number): string[] {
  const padded = new Uint8Array(before + bytes.length);
  padded.set(bytes, before);
  const whole = btoa(Array.from(padded, (byte) => String.fromCharCode(byte)).join(""));
  const first = Math.ceil(before * 8 / 6);
  const core = whole.slice(first, Math.floor(padded.length * 8 / 6));
  return before === 0 ? [whole, whole.replace(/=+$/, ""), core] : [core];
}

function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}
