/**
 * The one place where errors become exit codes and text on stderr.
 *
 * @module
 */

import {
  AgentEndedError,
  AgentProcessError,
  AgentTimeoutError,
  BudgetError,
  InvalidModelError,
  InvalidProviderError,
  OptionUsageError,
  ProviderUnavailableError,
} from "../agent/errors.ts";
import { Interrupt } from "../agent/interrupt.ts";
import { ZagError } from "../errors.ts";
import { messageText } from "../events/render/plain_text.ts";
import { NotOurProcessError } from "../orchestration/end_errors.ts";
import { MissingPermissionError } from "../processes/missing_permission.ts";
import { signalNumber } from "../processes/signals.ts";
import { SpawnError } from "../processes/spawn_error.ts";
import { redact } from "../redact/redact.ts";
import type { Route } from "./command.ts";
import { type CliContext, StdoutClosedError } from "./context.ts";

/** The exit codes of this program; 128 + n stands for its end by signal n. */
export const ExitCode = {
  success: 0,
  failure: 1,
  noResult: 2,
  usage: 64,
  permission: 77,
  deadline: 124,
  budget: 125,
  signal: 128,
  stdoutClosed: 141,
} as const;

/** An error that states its exit code. */
export class CliError extends ZagError {
  override name = "CliError";
  override readonly exitCode: number;

  constructor(
    message: string,
    exitCode: number = ExitCode.failure,
    hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, { ...options, hint });
    this.exitCode = exitCode;
  }
}

/** A command line that cannot be carried out; printed with the usage of its command. */
export class UsageError extends CliError {
  override name = "UsageError";
  /** The words that led to the command; filled in by whoever knows them. */
  path: readonly Route[] | undefined;

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, ExitCode.usage, hint, options);
  }
}

// deno-lint-ignore no-explicit-any -- only the class matters, not what makes its instances
type ErrorClass = abstract new (...args: any[]) => Error;

/** Exit codes of errors that carry none; the first class that fits decides. */
const exitCodes: readonly (readonly [ErrorClass, number])[] = [
  [StdoutClosedError, ExitCode.stdoutClosed],
  [Deno.errors.NotCapable, ExitCode.permission],
  [MissingPermissionError, ExitCode.permission],
  [NotOurProcessError, ExitCode.permission],
  [InvalidProviderError, ExitCode.usage],
  [InvalidModelError, ExitCode.usage],
  [OptionUsageError, ExitCode.usage],
  [ProviderUnavailableError, ExitCode.noResult],
  [SpawnError, ExitCode.noResult],
  [AgentProcessError, ExitCode.noResult],
  [AgentEndedError, ExitCode.noResult],
  [AgentTimeoutError, ExitCode.deadline],
  [BudgetError, ExitCode.budget],
];

/** Names of the exit codes, for programs that read errors as JSON. */
const codeNames: Readonly<Record<number, string>> = {
  [ExitCode.failure]: "failure",
  [ExitCode.noResult]: "no_result",
  [ExitCode.usage]: "usage",
  [ExitCode.permission]: "permission",
  [ExitCode.deadline]: "deadline",
  [ExitCode.budget]: "budget",
  [ExitCode.stdoutClosed]: "stdout_closed",
};

/** What a program is told about an error. */
export interface ErrorRecord {
  /** A stable word, such as `usage` or `deadline`. */
  readonly code: string;
  readonly message: string;
  /** The way out, or null if there is none to give. */
  readonly hint: string | null;
}

/** The exit code that an error, or one of its causes, stands for. */
export function exitCodeOf(error: unknown): number {
  const chain = causeChain(error);
  for (const link of chain) {
    if (link instanceof CliError) return link.exitCode;
    if (link instanceof Interrupt) return ExitCode.signal + signalNumber(link.signal);
    const row = exitCodes.find(([errorClass]) => link instanceof errorClass);
    if (row !== undefined) return row[1];
  }
  return ExitCode.failure;
}

/** Describes an error for programs. */
export function describeError(error: unknown): ErrorRecord {
  const exitCode = exitCodeOf(error);
  const code = codeNames[exitCode] ?? (exitCode > ExitCode.signal ? "signal" : "failure");
  const hint = hintOf(error);
  return {
    code,
    message: redact(messageOf(error)),
    hint: hint === undefined ? null : redact(hint),
  };
}

/** How an error is to be shown. */
export interface ReportOptions {
  /** Show stack traces. */
  readonly debug: boolean;
  /** Leave out the advice to use `--debug`. */
  readonly quiet: boolean;
}

/**
 * Prints an error on stderr and returns the exit code it stands for. A closed stdout and an interrupt
 * are no errors to talk about, since whoever did it knows.
 */
export async function reportError(
  error: unknown,
  ctx: CliContext,
  { debug, quiet }: ReportOptions,
): Promise<number> {
  const exitCode = exitCodeOf(error);
  if (exitCode === ExitCode.stdoutClosed || error instanceof Interrupt) return exitCode;

  const color = ctx.color("stderr");
  const lines: string[] = [];
  const chain = causeChain(error);
  for (const [index, link] of chain.entries()) {
    lines.push(
      index === 0
        ? errorLine(messageOf(link), color)
        : `  caused by: ${messageText(messageOf(link))}`,
    );
    if (debug) lines.push(...stackOf(link).map((line) => paint(messageText(line), "2", color)));
  }
  const hint = chain.map(hintOf).find(Boolean);
  if (hint) lines.push(messageText(hint));
  if (error instanceof UsageError) {
    const { usageLine } = await import("./help.ts");
    lines.push(usageLine(error.path ?? []));
  } else if (!debug && !quiet && chain.some(isOpaque)) {
    lines.push(paint("Run it again with --debug to see more", "2", color));
  }
  await ctx.stderr.write(lines.join("\n") + "\n");
  return exitCode;
}

/**
 * Prints a message in the shape of an error, for what went wrong without an exception. It and the
 * hint may come from anywhere: nothing in them can drive the terminal.
 */
export async function printError(ctx: CliContext, message: string, hint?: string): Promise<void> {
  const line = errorLine(message, ctx.color("stderr"));
  await ctx.stderr.write(hint ? `${line}\n${messageText(hint)}\n` : `${line}\n`);
}

/** Quotes a text that came from outside: on one line, cut to a readable length. */
export function quote(text: string): string {
  const characters = [...text];
  return JSON.stringify(characters.length > 60 ? characters.slice(0, 59).join("") + "…" : text);
}

function errorLine(message: string, color: boolean): string {
  return `${paint("error:", "31", color)} ${messageText(message)}`;
}

function paint(text: string, style: string, color: boolean): string {
  return color ? `\x1b[${style}m${text}\x1b[0m` : text;
}

/** An error and its causes, outermost first; a cause that leads back to itself ends the list. */
function causeChain(error: unknown): unknown[] {
  const chain: unknown[] = [];
  let link = error;
  while (link !== undefined && !chain.includes(link)) {
    chain.push(link);
    link = link instanceof Error ? link.cause : undefined;
  }
  return chain;
}

/** An agent has failed, or what nobody has expected has happened: `--debug` tells more of that. */
function isOpaque(error: unknown): boolean {
  return !(error instanceof ZagError) || AGENT_ERRORS.some((each) => error instanceof each);
}

const AGENT_ERRORS = [
  ProviderUnavailableError,
  SpawnError,
  AgentProcessError,
  AgentEndedError,
  AgentTimeoutError,
] as const;

function messageOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return `Missing permission: ${error.message.replace(/, run again with .*$/, "")}`;
  }
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

function hintOf(error: unknown): string | undefined {
  if (error instanceof ZagError) return error.hint;
  if (error instanceof Deno.errors.NotCapable) return permissionHint(error.message);
}

/** How to allow what Deno has refused, in its words. */
function permissionHint(message: string): string | undefined {
  const linker = message.match(/\b(LD|DYLD)_\w+/g);
  if (linker) {
    return `Run: unset ${linker.join(" ")}; Deno starts nothing from a list of allowed programs ` +
      "while that is set";
  }
  if (/^Requires all access/.test(message)) return "Allow it by starting zag with -A";
  if (/requires unscoped/.test(message)) {
    const flags = new Set(message.match(/--allow-[a-z]+(?=[ ,])/g));
    return `Allow it by starting zag with ${[...flags].join(" ")}`;
  }
  const flag = /--allow-[a-z-]+(=[^]+)?/.exec(message)?.[0];
  if (flag === undefined) return undefined;
  if (flag.includes("=")) return `Allow it by starting zag with ${flag}`;
  const value = /^Requires \w+ access to "(.*)", run again/.exec(message)?.[1];
  const exact = value === undefined || value.includes(",") || /^</.test(value) ? "" : `=${value}`;
  return `Allow it by starting zag with ${flag}${exact}`;
}

function stackOf(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  return error.stack.split("\n").filter((line) => /^\s+at /.test(line));
}
