/**
 * Stands between an agent and its tools: decides by the policy about each call that the agent's CLI asks
 * about, and finds somebody to answer where the policy says so.
 */
import { basename, dirname, join, resolve } from "node:path";
import { oneLine } from "../events/render/text.ts";
import { toolSummary } from "../events/render/tool_summary.ts";
import type { ToolQuestion } from "../providers/parser.ts";
import {
  type PermissionAction,
  type Policy,
  type PolicyRule,
  ruleText,
  type ToolSubject,
} from "../providers/policy.ts";
import {
  answerPath,
  type PermissionAnswer,
  type PermissionQuestion,
  readAnswer,
  removeQuestion,
  writeAnswer,
  writeQuestion,
} from "../sessions/permission_files.ts";
import { FileWatch } from "../sessions/follow/file_watch.ts";
import { decide } from "./policy_match.ts";

/** Answers a question about a tool: whether the agent may use it. */
export type PermissionHandler = (
  question: PermissionQuestion,
) => "allow" | "deny" | Promise<"allow" | "deny">;

/** What a gate needs. */
export interface GateOptions {
  readonly policy: Policy;
  /** What a call is about; undefined for one that is a part of the CLI itself and always allowed. */
  subject(name: string, input: unknown): ToolSubject | undefined;
  readonly sessionId: string;
  readonly provider: string;
  /** Where the agent works, absolute. */
  readonly cwd: string;
  readonly home: string;
  /** Private directory of the run. */
  readonly launchFiles: string;
  /** A line for the shell that is asked. */
  readonly command?: string | undefined;
  /** The environment of that. */
  readonly env: Readonly<Record<string, string>>;
  readonly handler?: PermissionHandler | undefined;
  now(): Date;
  warning?(message: string): void;
  /** Hears that somebody is asked. */
  asking?(question: PermissionQuestion): void;
}

/** What a gate makes of a question of the agent's CLI. */
export interface Heard {
  readonly native: ToolQuestion;
  /** `ask` only where somebody is asked, or the CLI has to ask again. */
  readonly action: PermissionAction;
  /** Why not, for the agent. */
  readonly reason?: string | undefined;
  /** What somebody is asked now. */
  readonly question?: PermissionQuestion;
}

/** Decides for one run of an agent. */
export class PermissionGate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Decides by the policy. */
  hear(native: ToolQuestion): Heard {
    if (native.stage === "unknown") return { native, action: "deny" };
    const { policy, subject: subjectOf, cwd, home, sessionId, provider, now } = this.#options;
    const subject = subjectOf(native.toolName, native.input);
    if (!subject) return { native, action: "allow" };
    const { action, rule } = decide(policy, subject, { cwd, home, realPath });
    if (action === "deny") return { native, action, reason: denial(rule) };
    if (action === "allow" || native.stage === "first") return { native, action };
    const question: PermissionQuestion = {
      id: crypto.randomUUID().slice(0, 8),
      session_id: sessionId,
      provider,
      tool_name: native.toolName,
      kind: subject.kind,
      description: descriptionOf(subject, native.input),
      input: native.input ?? null,
      cwd,
      asked_at: now().toISOString(),
    };
    return { native, action, question };
  }

  /**
   * Has a question answered by whoever does it first.
   *
   * @param over Nobody needs the answer any more.
   */
  async answer(question: PermissionQuestion, over: AbortSignal): Promise<PermissionAnswer> {
    const { launchFiles, warning } = this.#options;
    const answered = new AbortController();
    const signal = AbortSignal.any([over, answered.signal]);
    try {
      try {
        writeQuestion(launchFiles, question);
      } catch (error) {
        warning?.(`zag permit cannot answer: ${(error as Error).message}`);
      }
      this.#options.asking?.(question);
      const first = await Promise.race([
        this.#permitted(question, signal),
        ended(over),
        ...this.#others(question, signal),
      ]);
      return this.#settled(question, first);
    } finally {
      answered.abort();
      removeQuestion(launchFiles, question.id);
    }
  }

  /** What was answered, also where somebody else has been a moment quicker. */
  #settled({ id }: PermissionQuestion, answer: PermissionAnswer): PermissionAnswer {
    if (answer.by === "permit") return answer;
    const { launchFiles } = this.#options;
    try {
      return writeAnswer(launchFiles, id, answer) ? answer : readAnswer(launchFiles, id) ?? answer;
    } catch {
      // Nobody could have answered by a file.
      return answer;
    }
  }

  async #permitted({ id }: PermissionQuestion, signal: AbortSignal): Promise<PermissionAnswer> {
    const { launchFiles } = this.#options;
    using file = new FileWatch(answerPath(launchFiles, id));
    while (!signal.aborted) {
      const answer = readAnswer(launchFiles, id);
      if (answer) return answer;
      await file.changed(signal);
    }
    return NOBODY;
  }

  #others(question: PermissionQuestion, signal: AbortSignal): Promise<PermissionAnswer>[] {
    const { command, env, cwd, handler, warning } = this.#options;
    const broken = (reason: string) => {
      warning?.(
        `--ask-command gave no answer about ${question.tool_name}, which denies: ${reason}`,
      );
    };
    const asked: Promise<PermissionAnswer>[] = [];
    if (handler) asked.push(askProgram(handler, question));
    if (command !== undefined) {
      asked.push(
        import("./policy_command.ts").then(({ askCommand }) =>
          askCommand(question, { command, env, cwd, signal, broken })
        ).catch((error) => {
          const reason = `the command that was asked could not be run: ${(error as Error).message}`;
          broken(reason);
          return { granted: false, by: "command", reason };
        }),
      );
    }
    return asked;
  }
}

const NOBODY: PermissionAnswer = {
  granted: false,
  by: "end",
  reason: "nobody answered before the agent ended",
};

async function askProgram(
  handler: PermissionHandler,
  question: PermissionQuestion,
): Promise<PermissionAnswer> {
  try {
    const granted = await handler(question) === "allow";
    return { granted, by: "program", ...(granted ? {} : { reason: "the program denied it" }) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { granted: false, by: "program", reason };
  }
}

async function ended(over: AbortSignal): Promise<PermissionAnswer> {
  if (!over.aborted) {
    await new Promise((resolve) => over.addEventListener("abort", resolve, { once: true }));
  }
  return NOBODY;
}

/** What the policy looks at, and not what the agent says about it. */
function descriptionOf({ text, paths = [], kind }: ToolSubject, input: unknown): string {
  const what = kind === "other" || text === undefined ? paths.join(", ") : text;
  return oneLine(what || toolSummary(input).replace(/^: /, "").trim(), 500);
}

function denial(rule: PolicyRule | undefined): string {
  return rule === undefined
    ? "The permission policy of this session denies what it does not allow"
    : `The permission policy of this session denies it: ${ruleText(rule)}`;
}

/** Where links lead to, also those that lead to nothing yet. */
function realPath(path: string, depth = 0): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    const parent = dirname(path);
    if (parent === path || depth > 40) return path;
    const target = linkAt(path);
    return target === undefined
      ? join(realPath(parent, depth), basename(path))
      : realPath(resolve(parent, target), depth + 1);
  }
}

function linkAt(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
}
