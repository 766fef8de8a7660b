/** Where notifications go. */
import { basename, posix, resolve, win32 } from "node:path";
import { ZagError } from "../errors.ts";
import { NOTIFICATION_KINDS, type NotificationKind } from "./notification.ts";

/** Somebody who is told. */
export type Target =
  | { readonly kind: "desktop" }
  /** Gets an HTTP POST. */
  | { readonly kind: "webhook"; readonly url: string }
  /** Is started, and reads stdin. A name, which is looked up on the PATH, or an absolute path. */
  | { readonly kind: "command"; readonly program: string; readonly args: readonly string[] };

/** Who is told of what. */
export interface NotifyWish {
  readonly targets: readonly Target[];
  readonly on: readonly NotificationKind[];
}

/** A target, or a kind of notification, that there is not. */
export class NotifyTargetError extends ZagError {
  /** Name of the class. */
  override name = "NotifyTargetError";

  /**
   * Makes the error.
   *
   * @param what What cannot be used; empty for what is not to be quoted.
   * @param reason Why.
   */
  constructor(what: string, readonly reason: string) {
    super(`Cannot notify${what === "" ? "" : " "}${what}: ${reason}`);
  }
}

const FORMS = "desktop, an http or https URL, command:PROGRAM ARGS, or the path of a program";

/**
 * Reads a target. What may hold a secret does not stand in the error.
 *
 * @param cwd From where the path of a program starts.
 * @throws {NotifyTargetError}
 */
export function parseTarget(
  text: string,
  cwd: string,
  windows: boolean = Deno.build.os === "windows",
): Target {
  const given = text.trim();
  if (given.toLowerCase() === "desktop") return { kind: "desktop" };
  if (/^https?:/i.test(given)) return { kind: "webhook", url: urlOf(given) };
  const command = /^command:(.*)$/s.exec(given)?.[1];
  if (command !== undefined) return commandOf(command, cwd, windows);
  if (isPath(given, windows) && !/^[a-z][a-z+.-]+:\/\//i.test(given)) {
    return { kind: "command", program: resolve(cwd, given), args: [] };
  }
  const what = /^[\w.-]{0,40}$/.test(given) ? JSON.stringify(given) : "";
  throw new NotifyTargetError(what, `it must be ${FORMS}`);
}

function urlOf(text: string): string {
  const url = URL.parse(text);
  if (url && url.hostname !== "") return url.href;
  throw new NotifyTargetError("a webhook", "its address is no URL");
}

function commandOf(text: string, cwd: string, windows: boolean): Target {
  const [program, ...args] = splitWords(text, windows);
  if (!program) {
    throw new NotifyTargetError("a command", "no program stands behind command:");
  }
  const found = isPath(program, windows) ? resolve(cwd, program) : program;
  return { kind: "command", program: found, args };
}

function isPath(text: string, windows: boolean): boolean {
  return windows
    ? win32.isAbsolute(text) || /[\\/]/.test(text)
    : posix.isAbsolute(text) || text.includes("/");
}

/**
 * The words of a command, which no shell ever sees: they are apart by blanks, quotes of both kinds keep
 * some together, and a backslash stands before a character that means itself, but not on Windows,
 * whose paths have them.
 *
 * @throws {NotifyTargetError} at a quote that is never closed
 */
export function splitWords(text: string, windows: boolean): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== undefined && char === quote) quote = undefined;
    else if (char === "\\" && !windows && quote !== "'" && at + 1 < text.length) {
      word = (word ?? "") + text[++at];
    } else if (quote !== undefined) word += char;
    else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (quote !== undefined) {
    throw new NotifyTargetError("a command", `a quote ${quote} is never closed`);
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** What may be said of a target anywhere: neither paths and passwords of URLs, nor arguments. */
export function publicName(target: Target): string {
  switch (target.kind) {
    case "desktop":
      return "desktop";
    case "webhook":
      return new URL(target.url).origin;
    case "command":
      return `command:${basename(target.program)}`;
  }
}

/**
 * Reads a list of kinds, apart by commas.
 *
 * @throws {NotifyTargetError}
 */
export function parseKinds(text: string): NotificationKind[] {
  const words = text.split(",").map((word) => word.trim().toLowerCase());
  for (const word of words) {
    if (NOTIFICATION_KINDS.includes(word as NotificationKind)) continue;
    throw new NotifyTargetError(
      `on ${JSON.stringify(word)}`,
      `it must be one of ${NOTIFICATION_KINDS.join(", ")}`,
    );
  }
  return NOTIFICATION_KINDS.filter((kind) => words.includes(kind));
}
