/**
 * How one zag answers for another whether an agent may use a tool: files in the directory of the run.
 * The one that owns the agent leaves a question there; whoever answers first has answered.
 *
 * @module
 */
import { join } from "node:path";
import type { PermissionKind } from "../providers/policy.ts";

/** An agent wants to use a tool, and waits. */
export interface PermissionQuestion {
  /** Names the question within its session. */
  readonly id: string;
  /** zag's own id of the session. */
  readonly session_id: string;
  /** Name of the provider. */
  readonly provider: string;
  /** The tool, as its provider calls it. */
  readonly tool_name: string;
  /** What the tool does, as policies tell them apart. */
  readonly kind: PermissionKind;
  /** What it is about, on one line: the command, the path, the address. */
  readonly description: string;
  /** What the tool would be given. */
  readonly input: unknown;
  /** Where the agent works, absolute. */
  readonly cwd: string;
  /** RFC 3339, UTC. */
  readonly asked_at: string;
}

/** Who has answered: `zag permit`, the command of `--ask-command`, the program that uses the library, or
 * nobody before the agent ended. */
export type PermissionAnswerer = "permit" | "command" | "program" | "end";

/** An answer to a question. */
export interface PermissionAnswer {
  readonly granted: boolean;
  readonly by: PermissionAnswerer;
  /** What the agent is told of it. */
  readonly reason?: string | undefined;
}

const QUESTION = /^question-([\w-]+)\.json$/;

function questionPath(launchFiles: string, id: string): string {
  return join(launchFiles, `question-${id}.json`);
}

/** The file with the answer to a question, whether it is there or not. */
export function answerPath(launchFiles: string, id: string): string {
  return join(launchFiles, `answer-${id}.json`);
}

/** Leaves a question for whoever may answer it. */
export function writeQuestion(launchFiles: string, question: PermissionQuestion): void {
  writeOnce(questionPath(launchFiles, question.id), question);
}

/** The questions of a run that nobody has answered, oldest first. */
export function openQuestions(launchFiles: string): PermissionQuestion[] {
  const found: PermissionQuestion[] = [];
  let names: string[];
  try {
    names = [...Deno.readDirSync(launchFiles)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
  for (const name of names) {
    const id = QUESTION.exec(name)?.[1];
    if (id === undefined || names.includes(`answer-${id}.json`)) continue;
    const question = readJson(join(launchFiles, name));
    if (isQuestion(question)) found.push(question);
  }
  return found.sort((a, b) => a.asked_at < b.asked_at ? -1 : a.asked_at > b.asked_at ? 1 : 0);
}

/**
 * Answers a question.
 *
 * @returns False when somebody else has answered it.
 * @throws {Deno.errors.NotFound} when the run is over.
 */
export function writeAnswer(launchFiles: string, id: string, answer: PermissionAnswer): boolean {
  return writeOnce(answerPath(launchFiles, id), answer);
}

/** The answer to a question; undefined as long as there is none. */
export function readAnswer(launchFiles: string, id: string): PermissionAnswer | undefined {
  const answer = readJson(answerPath(launchFiles, id)) as Partial<PermissionAnswer> | undefined;
  if (typeof answer?.granted !== "boolean") return undefined;
  return {
    granted: answer.granted,
    by: answer.by === "command" || answer.by === "program" || answer.by === "end"
      ? answer.by
      : "permit",
    reason: typeof answer.reason === "string" ? answer.reason : undefined,
  };
}

/**
 * Takes a question away that was answered. The answer stays until the run is over: somebody may have read
 * the question a moment before, and would else be the first to answer it, too.
 */
export function removeQuestion(launchFiles: string, id: string): void {
  removeIfThere(questionPath(launchFiles, id));
}

/** Makes a file that is whole as soon as it can be seen; false when there is one. */
function writeOnce(path: string, value: unknown): boolean {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  Deno.writeTextFileSync(temporary, JSON.stringify(value), { mode: 0o600 });
  try {
    Deno.linkSync(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  } finally {
    removeIfThere(temporary);
  }
}

/** The run that an answer lets go on may end at once, and its directory with it. */
function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

function isQuestion(value: unknown): value is PermissionQuestion {
  const { id, tool_name, description, asked_at } = (value ?? {}) as Record<string, unknown>;
  return [id, tool_name, description, asked_at].every((each) => typeof each === "string");
}
