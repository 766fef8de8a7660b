/**
 * A launch in a git worktree or a Docker sandbox: enters it before the plan is made, and leaves it when
 * the books are closed.
 */
import { ensurePrivateDir } from "../config/paths.ts";
import type { Host } from "../host.ts";
import type { LaunchPlan } from "../providers/launch_plan.ts";
import type { SessionStore } from "../sessions/store.ts";
import {
  checkSandboxName,
  checkWorktree,
  clearShared,
  createWorktree,
  Docker,
  enterSandbox,
  removeWorktree,
  sandboxed,
  type WorktreeRecord,
} from "../workspace/mod.ts";
import type { LaunchRequest } from "./launch_request.ts";
import { WorktreeEnd } from "./leave_worktree.ts";
import type { LaunchOutcome } from "./outcome.ts";
import { type OwnWorktree, ownWorktree } from "./own_worktree.ts";
import type { IsolationWish } from "./place.ts";
import type { Settled } from "./settle.ts";

/** The place apart in which a session works. */
export type Isolation =
  & {
    readonly sessionId: string;
    /** What the person should know about one that was just made; a sentence each. */
    readonly notes: readonly string[];
  }
  & (
    | {
      readonly kind: "worktree";
      readonly record: WorktreeRecord;
      /** How the work in it ends. */
      readonly end: WorktreeEnd;
    }
    | {
      readonly kind: "sandbox";
      readonly name: string;
      readonly docker: Docker;
      readonly paths: Settled["paths"];
    }
  );

/** How a launch goes on in a place apart. Disposing it leaves the place. */
export interface IsolatedLaunch extends AsyncDisposable {
  /** With the directories of the place. */
  readonly settled: Settled;
  /** Where the files of the plan must be; undefined where the run's own directory will do. */
  readonly planFiles: string | undefined;
  /** The books say where the session works: what was made is not given up any more. */
  recorded(): void;
  /** The agent is gone. */
  ended(outcome: LaunchOutcome): void;
  /**
   * The session ends with this run: settles what others must find settled when they hear of that. Never
   * rejects. Absent: there is nothing of the kind.
   *
   * @param signal Somebody wants the session to end.
   */
  settle?(signal: AbortSignal | undefined): Promise<void>;
  /**
   * How the agent is started in there; absent where that is as everywhere.
   *
   * @param variables All that it is to find in its environment.
   */
  readonly wrap?: (plan: LaunchPlan, variables: Readonly<Record<string, string>>) => Wrapped;
}

/** A plan for a program that starts the agent. */
export interface Wrapped {
  readonly plan: LaunchPlan;
  /** Absolute path. */
  readonly program: string;
}

/**
 * Makes the worktree or the sandbox, or finds the one of a session that goes on. Making a sandbox can
 * take minutes.
 *
 * @param settled Its `isolation` is set.
 * @throws {WorktreeError} when there is no worktree to work in
 * @throws {SandboxError} when there is no sandbox to work in
 */
export async function isolate(
  settled: Settled,
  request: LaunchRequest,
  processId: string,
  host: Host,
  store: SessionStore | undefined,
): Promise<IsolatedLaunch> {
  const { launch, made } = settled.isolation!.kind === "worktree"
    ? await inWorktree(settled, request, processId, host, store)
    : await inSandbox(settled, request, processId, host);
  try {
    if (made) await request.observer?.isolated?.(made);
    return launch;
  } catch (error) {
    await launch[Symbol.asyncDispose]();
    throw error;
  }
}

interface Entered {
  readonly launch: IsolatedLaunch;
  /** What was made for it. */
  readonly made: Isolation | undefined;
}

/**
 * Refuses what can be refused before anything is made.
 *
 * @throws {WorktreeError} when there can be no worktree
 * @throws {SandboxError} when there can be no sandbox
 */
export async function checkIsolation(
  { kind, name }: IsolationWish,
  { paths, project, workspace }: Settled,
  host: Host,
  store: SessionStore,
): Promise<void> {
  const { env } = host;
  if (kind === "worktree") {
    const at = { cwd: project.workspace, now: host.now(), sessionAt: sessionAt(store) };
    return await checkWorktree({ paths, env, name, ...at });
  }
  if (name !== undefined) checkSandboxName(name);
  const docker = await Docker.find(env, workspace);
  if (name !== undefined) await docker.checkFree(name);
}

/**
 * Ends the work in a place apart as the request says; without a word in it, an unchanged worktree that
 * nobody needs is removed, if it has not been, and all else stays. Never throws.
 *
 * @param store Tells who works in it.
 */
export async function endIsolation(
  isolation: Isolation,
  request: Pick<LaunchRequest, "endIsolation" | "observer">,
  store?: SessionStore,
): Promise<void> {
  try {
    if (request.endIsolation) return await request.endIsolation(isolation);
    if (isolation.kind === "worktree") await isolation.end.settle(store);
  } catch (error) {
    request.observer?.warning?.(error instanceof Error ? error.message : String(error));
  }
}

async function inWorktree(
  settled: Settled,
  request: LaunchRequest,
  processId: string,
  host: Host,
  store: SessionStore | undefined,
): Promise<Entered> {
  const { paths, project, sessionId, resumed } = settled;
  const { name } = settled.isolation!;
  const { env } = host;
  const own = resumed && ownWorktree(resumed);
  const made = typeof own === "object" ? undefined : await createWorktree({
    paths,
    env,
    cwd: project.workspace,
    name,
    now: host.now(),
    sessionAt: sessionAt(store),
  });
  const { record, cwd } = made ? { record: made, cwd: made.cwd } : own as OwnWorktree;
  const end = new WorktreeEnd(record, { sessionId, processId, paths, env });
  const isolation: Isolation = {
    kind: "worktree",
    sessionId,
    record,
    end,
    notes: made?.notes ?? [],
  };
  let isRecorded = false;
  const launch: IsolatedLaunch = {
    settled: {
      ...settled,
      cwd,
      workspace: record.path,
      ...(made && { isolated: { isWorktree: true, worktreeName: record.name } }),
    },
    planFiles: undefined,
    recorded: () => void (isRecorded = true),
    ended: () => {},
    settle: async (signal) => void await end.settleFirst(store, signal),
    [Symbol.asyncDispose]: async () => {
      if (isRecorded) {
        // The index is not there for longer.
        if (end.begun) await end.settle(store).catch(() => {});
        await endIsolation(isolation, request, store);
      } else if (made) await removeWorktree(record, { env }).catch(() => {});
    },
  };
  return { launch, made: made && isolation };
}

/** Finds the session that works in a worktree. */
function sessionAt(store: SessionStore | undefined): (path: string) => string | undefined {
  return (path) =>
    store?.listSessions().find(({ workspacePath }) => workspacePath === path)?.sessionId;
}

async function inSandbox(
  settled: Settled,
  request: LaunchRequest,
  processId: string,
  host: Host,
): Promise<Entered> {
  const { paths, sessionId, provider, workspace } = settled;
  const { name: wanted, resumes } = settled.isolation!;
  const { docker, sandbox, warning, tempDir } = await enterSandbox({
    paths,
    env: host.env,
    displayName: provider.displayName,
    template: provider.sandbox,
    name: wanted,
    workspace,
    extra: settled.addDirs,
    resumes,
  });
  const { name, shared } = sandbox;
  const planFiles = tempDir(processId);
  ensurePrivateDir(planFiles);
  const notes = warning === undefined ? [] : [warning];
  const isolation = { kind: "sandbox", sessionId, name, docker, paths, notes } as const;
  let isRecorded = false;
  /** The agent may be at work in there. */
  let isOn = false;
  const launch: IsolatedLaunch = {
    settled: { ...settled, ...(!resumes && { isolated: { sandboxName: name } }) },
    planFiles,
    recorded: () => void (isRecorded = true),
    // Its program here was ended, and that tells the sandbox nothing.
    ended: ({ endedBy }) => void (isOn = endedBy !== undefined),
    wrap: (plan, variables) => {
      isOn = true;
      return { plan: sandboxed(plan, sandbox, variables), program: docker.program };
    },
    [Symbol.asyncDispose]: async () => {
      if (isOn) await docker.stop(name).catch(() => {});
      await clearShared(shared, planFiles).catch(() => {});
      if (isRecorded) return await endIsolation(isolation, request);
      if (!resumes) await docker.remove(name, paths).catch(() => {});
    },
  };
  return { launch, made: resumes ? undefined : isolation };
}
