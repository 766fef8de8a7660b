/** What is said and asked about the worktree or the sandbox of a session. */
import type { Isolation } from "../agent/isolate.ts";
import type { LeftWorktree } from "../agent/leave_worktree.ts";
import type { ZagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import { withoutControls } from "../events/render/text.ts";
import type { Docker } from "../workspace/docker.ts";
import type { NewWorktree } from "../workspace/create_worktree.ts";
import type { WorktreeState } from "../workspace/inspect_worktree.ts";
import type { WorktreeRecord } from "../workspace/worktree_record.ts";
import type { CliContext } from "./context.ts";
import { printError } from "./errors.ts";
import { printMessage } from "./message.ts";

/** Who is spoken to at the end of a session, and about which one. */
export interface IsolationEnd {
  readonly sessionId: string;
  /** An interactive session: its person is asked, if there is a terminal. */
  readonly asks: boolean;
  /** Nothing is said that is no question. */
  readonly quiet: boolean;
  /** Only of what stays something is said. @default false */
  readonly brief?: boolean;
}

/** So many names of files are listed before a question. */
const LISTED = 10;

/** What is said when a worktree was made; lines without their newlines. */
export function worktreeLines(
  { path, branch, notes }: Pick<NewWorktree, "path" | "branch" | "notes">,
): string[] {
  return [
    `Worktree created at ${withoutControls(path)} on branch ${branch}`,
    ...notes.map((note) => `Note: ${withoutControls(note)}`),
  ];
}

/** What is said when a sandbox was made. */
export function sandboxLine(name: string): string {
  return `Sandbox configured: ${name}`;
}

/**
 * Says what was made for a session.
 *
 * @param all Also what is as it was asked for; otherwise only what the person should know about it.
 */
export async function sayMade(ctx: CliContext, made: Isolation, all: boolean): Promise<void> {
  const lines = made.kind === "worktree"
    ? worktreeLines({ ...made.record, notes: made.notes })
    : [sandboxLine(made.name), ...made.notes.map((note) => `Warning: ${withoutControls(note)}`)];
  const said = all ? lines : lines.slice(1);
  if (said.length === 0) return;
  await printMessage(ctx, said.map((line) => `> ${line}`).join("\n"));
}

/**
 * Says what has become of the worktree or the sandbox of a session that is over, and asks the person
 * about one that stays; says so when it was to go and could not be removed.
 */
export async function endIsolated(
  ctx: CliContext,
  isolation: Isolation,
  how: Omit<IsolationEnd, "sessionId">,
): Promise<void> {
  const end = { ...how, sessionId: isolation.sessionId };
  try {
    if (isolation.kind === "worktree") {
      // That was done before the session ended; after a failure in between it is done here.
      const left = await isolation.end.settle(undefined);
      await endWorktree(ctx, isolation.record, end, left);
    } else await endSandbox(ctx, isolation.docker, isolation, end);
  } catch (error) {
    if (!(error instanceof ZagError)) throw error;
    await printError(ctx, error.message, error.hint);
  }
}

/** The command that goes on with a session. */
export function resumeHint(sessionId: string): string {
  return `Resume with: zag run --resume ${sessionId}`;
}

/**
 * Ends the work in a worktree: an unchanged one is removed, any other one stays unless the person at
 * the terminal gives it up. What is not committed goes only after a second, explicit yes.
 *
 * @param found What has become of it so far; absent: that is to be found out.
 * @returns Whether the worktree is gone.
 * @throws {WorktreeError} when it was to go and cannot be removed
 */
export async function endWorktree(
  ctx: CliContext,
  record: WorktreeRecord,
  end: IsolationEnd,
  found?: LeftWorktree,
): Promise<boolean> {
  const { changes, finishOf, losses, removeWorktree } = await import("../workspace/mod.ts");
  const { leaveWorktree } = await import("../agent/leave_worktree.ts");
  const { env } = ctx;
  const say = async (line: string) => {
    if (!end.quiet) await ctx.stderr.write(`${line}\n`);
  };
  const left = found ?? await leaveWorktree(record, { env });
  if (left.became === "gone") return true;
  if (left.became === "removed") {
    if (!end.brief) await say(`Worktree ${record.name} removed: nothing was changed in it`);
    return true;
  }
  const where = withoutControls(record.path);
  const asks = left.became === "kept" &&
    finishOf(left.state, end.asks && isAttended(ctx)) === "ask";
  const content = left.became === "kept" ? changes(left.state).join(", ") : left.why;
  if (asks && await isGivenUp(ctx, record, left.state, content, losses(left.state))) {
    const { keptBranch } = await removeWorktree(record, { env, discard: true });
    await say(`Worktree ${record.name} removed`);
    if (keptBranch !== undefined) await say(`Its commits stay on branch ${keptBranch}`);
    return true;
  }
  await say(`Worktree kept at ${where} on branch ${record.branch}${content && `: ${content}`}`);
  await say(resumeHint(end.sessionId));
  return false;
}

async function isGivenUp(
  ctx: CliContext,
  { name, path }: WorktreeRecord,
  state: WorktreeState,
  content: string,
  lost: readonly string[],
): Promise<boolean> {
  await ctx.stderr.write(`Worktree ${name} at ${withoutControls(path)} holds ${content}.\n`);
  const questions = new Questions(ctx);
  if (!/^no?$/i.test(await questions.ask("Keep it? [Y/n] "))) return false;
  if (lost.length === 0) return true;
  for (
    const file of [...state.changed, ...state.ignored.map((each) => `${each} (ignored)`)]
      .slice(0, LISTED)
  ) {
    await ctx.stderr.write(`  ${withoutControls(file).replaceAll("\n", "?")}\n`);
  }
  const more = state.changed.length + state.ignored.length - LISTED;
  if (more > 0) await ctx.stderr.write(`  and ${more} more\n`);
  const question = `This deletes ${lost.join(", ")} for good. Delete? Type "yes": `;
  return /^yes$/i.test(await questions.ask(question));
}

/**
 * Ends the work in a sandbox: the person at the terminal can give it up, otherwise it stays.
 *
 * @returns Whether the sandbox is gone.
 * @throws {SandboxError} when it was to go and cannot be removed
 */
export async function endSandbox(
  ctx: CliContext,
  docker: Docker,
  { name, paths }: { name: string; paths: Pick<ZagPaths, "sandboxes"> },
  end: IsolationEnd,
): Promise<boolean> {
  const say = async (line: string) => {
    if (!end.quiet) await ctx.stderr.write(`${line}\n`);
  };
  if (end.asks && isAttended(ctx)) {
    const question = `Keep sandbox ${name}? It holds the agent's session. [Y/n] `;
    if (/^no?$/i.test(await new Questions(ctx).ask(question))) {
      await docker.remove(name, paths);
      await say(`Sandbox ${name} removed`);
      return true;
    }
  }
  await say(`Sandbox kept: ${name}`);
  await say(resumeHint(end.sessionId));
  return false;
}

function isAttended(ctx: CliContext): boolean {
  return ctx.stdin.isTerminal && ctx.stderr.isTerminal;
}

/** Asks the person at the terminal, a line for each answer. */
class Questions {
  readonly #ctx: CliContext;
  readonly #decoder = new TextDecoder();
  /** What was typed beyond the last answer. */
  #rest = "";

  constructor(ctx: CliContext) {
    this.#ctx = ctx;
  }

  /** The answer, without blanks around it; empty when there is none. */
  async ask(question: string): Promise<string> {
    await this.#ctx.stderr.write(question);
    const reader = this.#ctx.stdin.readable.getReader();
    try {
      while (!this.#rest.includes("\n")) {
        const { done, value } = await reader.read();
        if (done) break;
        this.#rest += this.#decoder.decode(value, { stream: true });
      }
    } finally {
      reader.releaseLock();
    }
    const [line = "", ...rest] = this.#rest.split("\n");
    this.#rest = rest.join("\n");
    return line.trim();
  }
}
