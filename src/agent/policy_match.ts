/** Which action a policy takes for a call of a tool. */
import { isAbsolute, join, normalize } from "node:path";
import {
  type PermissionAction,
  type Policy,
  type PolicyRule,
  strictest,
  type ToolSubject,
} from "../providers/policy.ts";
import { formsOf, readShellLine } from "./policy_shell.ts";

/** What is known of the place in which the agent works. */
export interface MatchContext {
  /** Absolute. */
  readonly cwd: string;
  readonly home: string;
  /** Where links lead to; for a path that is not there, where its nearest directory leads to. */
  realPath(path: string): string;
}

/** What a policy says. */
export interface Decision {
  readonly action: PermissionAction;
  /** Undefined when it is the default. */
  readonly rule: PolicyRule | undefined;
}

/** Decides: the strictest rule that matches, else the default. */
export function decide(policy: Policy, subject: ToolSubject, context: MatchContext): Decision {
  const matching = policy.rules.filter((rule) => matches(rule, subject, context));
  const action = strictest(matching.map((rule) => rule.action));
  if (action === undefined) return { action: policy.default, rule: undefined };
  return { action, rule: matching.find((rule) => rule.action === action) };
}

function matches(rule: PolicyRule, subject: ToolSubject, context: MatchContext): boolean {
  if (rule.kind === "any") return true;
  if (rule.kind !== subject.kind) return false;
  const { pattern, action } = rule;
  if (pattern === undefined) return true;
  // What allows has to fit everything that would happen; what forbids or asks, any part of it.
  const isOpen = action === "allow";
  switch (subject.kind) {
    case "shell":
      return subject.text !== undefined && matchesCommand(pattern, subject.text, isOpen);
    case "read":
    case "write":
      return matchesPaths(pattern, subject, context, isOpen);
    case "network":
      return subject.text !== undefined && matchesAddress(pattern, subject.text);
    case "other":
      return subject.text !== undefined && globOf(pattern, ".*").test(subject.text);
  }
}

function matchesCommand(pattern: string, line: string, isOpen: boolean): boolean {
  const { commands, isPlain } = readShellLine(line);
  const command = commandGlob(pattern);
  if (isOpen) {
    return isPlain && commands.length > 0 && commands.every((each) => command.test(each));
  }
  return command.test(line.trim()) ||
    commands.some((each) => formsOf(each).some((form) => command.test(form)));
}

/** `git *` is also `git` alone. */
function commandGlob(pattern: string): RegExp {
  const words = pattern.replaceAll(/\s+/g, " ");
  const rest = words.endsWith(" *") ? "(?: .*)?" : "";
  const head = rest === "" ? words : words.slice(0, -2);
  return new RegExp(
    `^${globSource(head, ".*").replaceAll(" ", "\\s+")}${rest.replace(" ", "\\s")}$`,
    "s",
  );
}

function matchesPaths(
  pattern: string,
  { paths = [], searches = false }: ToolSubject,
  context: MatchContext,
  isOpen: boolean,
): boolean {
  const glob = pathGlob(pattern, context);
  const fits = (path: string) => {
    const whole = normalize(isAbsolute(path) ? path : join(context.cwd, path)).replace(
      /(.)\/$/,
      "$1",
    );
    const variants = [whole, context.realPath(whole)];
    const test = (each: string) =>
      glob.test(each) || !isOpen && searches && mayLieBelow(pattern, each, context);
    return isOpen ? variants.every(test) : variants.some(test);
  };
  if (paths.length === 0) return false;
  return isOpen ? paths.every(fits) : paths.some(fits);
}

/** A pattern without a slash is about a name anywhere; any other starts where the agent works. */
function pathGlob(pattern: string, { cwd, home }: MatchContext): RegExp {
  if (!pattern.includes("/")) return new RegExp(`(?:^|/)${pathSource(pattern)}$`, "s");
  const expanded = absolute(pattern, { cwd, home });
  return new RegExp(`^${pathSource(expanded)}$`, "s");
}

function absolute(pattern: string, { cwd, home }: Pick<MatchContext, "cwd" | "home">): string {
  if (pattern.startsWith("~/")) return join(home, pattern.slice(2));
  return isAbsolute(pattern) ? normalize(pattern) : join(cwd, pattern);
}

/** Whether something below a directory could match. */
function mayLieBelow(pattern: string, directory: string, context: MatchContext): boolean {
  if (!pattern.includes("/")) return true;
  const fixed = absolute(pattern, context).split(/[*?]/)[0]!;
  const below = directory === "/" ? "/" : `${directory}/`;
  return fixed.startsWith(below) || below.startsWith(fixed);
}

/** A whole address where the pattern is one, else the host. */
function matchesAddress(pattern: string, text: string): boolean {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return false;
  }
  const glob = globOf(pattern.toLowerCase(), ".*");
  if (pattern.includes("://")) return globOf(pattern, ".*").test(url.href);
  return glob.test(url.hostname) || glob.test(url.host);
}

function globOf(pattern: string, any: string): RegExp {
  return new RegExp(`^${globSource(pattern, any)}$`, "s");
}

function globSource(pattern: string, any: string): string {
  return pattern.split("*").map(escape).join(any);
}

/** `*` within a name, `**` across directories: `src/**` is everything below `src`. */
function pathSource(pattern: string): string {
  return pattern.split(/(\/\*\*\/|\/\*\*$|\*\*|\*)/).map((part) => {
    if (part === "/**/") return "(?:/.*)?/";
    if (part === "/**") return "(?:/.*)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return escape(part);
  }).join("");
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
