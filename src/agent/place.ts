/** Where a session works: where the caller is, where it worked before, or in a place of its own. */
import type { ZagPaths } from "../config/paths.ts";
import type { Project } from "../config/project.ts";
import { ZagError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { Provider } from "../providers/provider.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { OptionUsageError } from "./errors.ts";
import type { LaunchOptions } from "./launch_options.ts";
import { checkResumable, type HandOver, type ResumeTarget } from "./resume_target.ts";

/** A place apart that a session shall work in. */
export interface IsolationWish {
  readonly kind: "worktree" | "sandbox";
  /** Undefined where one has to be thought up. */
  readonly name: string | undefined;
  /** The session that goes on has it already. */
  readonly resumes: boolean;
}

/** Where a session works, and what of it goes on. */
export interface Place {
  /** Where the agent starts, absolute. Not there yet if it is in a new worktree. */
  readonly cwd: string;
  /** What the session is about, absolute. */
  readonly workspace: string;
  readonly isolation: IsolationWish | undefined;
  /** The worktree of the session is gone, and the books still name it. */
  readonly lostWorktree: boolean;
  /** The run that it goes on from without an end in between. */
  readonly handedOver: HandOver | undefined;
  /** It goes on in our books only: its agent never began, so its CLI does not know it. */
  readonly startsAnew: boolean;
  /** What the CLI's session is called that starts anew, where an earlier start has used up its id. */
  readonly newNativeId: string | undefined;
}

/** What a place is chosen from. */
export interface PlaceRequest {
  readonly options: LaunchOptions;
  readonly resume: ResumeTarget | undefined;
  /** The session that goes on. */
  readonly resumed: SessionRecord | undefined;
  readonly provider: Provider;
  readonly project: Project;
  readonly paths: ZagPaths;
  readonly host: Host;
  warn(message: string): void;
}

/**
 * Decides where the session works; makes nothing.
 *
 * @throws {InvalidOptionError} when there is nothing to go on with, or nowhere.
 */
export async function choosePlace(request: PlaceRequest): Promise<Place> {
  const { options, resume, resumed, project } = request;
  const wish = wishOf(options, resume);
  if (!resumed) {
    return {
      cwd: project.workspace,
      workspace: workspaceOf(request),
      isolation: wish,
      lostWorktree: false,
      handedOver: undefined,
      startsAnew: false,
      newNativeId: undefined,
    };
  }
  const handedOver = resume && "id" in resume ? resume.from : undefined;
  const neverBegan = !handedOver && await hasNeverBegun(request, resumed);
  const startsAnew = neverBegan || handedOver?.forgotten === true;
  const place = await placeOf(request, resumed, handedOver !== undefined);
  await checkResumable(resumed, place.cwd, startsAnew);
  if (neverBegan) {
    request.warn(
      `session "${resumed.sessionId}" ended before its agent began; it starts anew, ` +
        "without the earlier prompt",
    );
  }
  // The id that another provider has given says nothing to this one.
  const isTaken = startsAnew &&
    (handedOver?.provider !== undefined || await hasFile(request, resumed));
  const newNativeId = isTaken ? crypto.randomUUID() : undefined;
  return { ...place, handedOver, startsAnew, newNativeId };
}

/**
 * The place apart that the options ask for.
 *
 * @throws {OptionUsageError} when they contradict each other.
 */
export function wishOf(
  { worktree, sandbox }: LaunchOptions,
  resume?: ResumeTarget,
): IsolationWish | undefined {
  const wanted = worktree ?? sandbox;
  if (wanted === undefined) return undefined;
  const kind = worktree === undefined ? "sandbox" : "worktree";
  const other = resume ? "--resume: a session goes on where it was" : "--sandbox";
  if (resume || worktree !== undefined && sandbox !== undefined) {
    throw new OptionUsageError(`Cannot use --${kind} together with ${other}`);
  }
  return { kind, name: wanted === true ? undefined : wanted, resumes: false };
}

function workspaceOf({ options, project }: PlaceRequest): string {
  return (options.root === undefined ? project.checkout : undefined) ?? project.workspace;
}

async function hasNeverBegun(request: PlaceRequest, resumed: SessionRecord): Promise<boolean> {
  // What its CLI has kept is in the sandbox.
  if (resumed.sandboxName !== null) return false;
  const { neverBegan } = await import("./never_began.ts");
  return await neverBegan(resumed, request.provider, whereKept(request, resumed));
}

/** Whether the CLI has a file of the session, be there anything to go on with in it or not. */
async function hasFile(request: PlaceRequest, resumed: SessionRecord): Promise<boolean> {
  const { transcript } = request.provider;
  const { providerSessionId: sessionId, sandboxName } = resumed;
  if (!transcript || sessionId === null || sandboxName !== null) return false;
  const { findTranscript } = await import("./find_transcript.ts");
  const where = { ...whereKept(request, resumed), sessionId };
  return await findTranscript(transcript, where) !== undefined;
}

function whereKept({ provider, options, paths, host }: PlaceRequest, { cwd }: SessionRecord) {
  return {
    cwd,
    home: paths.userHome ?? "",
    stateDir: paths.agentState(provider.name),
    env: { ...host.env.toObject(), ...options.env },
  };
}

async function placeOf(
  request: PlaceRequest,
  resumed: SessionRecord,
  isHandedOver: boolean,
): Promise<Pick<Place, "cwd" | "workspace" | "isolation" | "lostWorktree">> {
  const { cwd, workspacePath: workspace, sandboxName: name } = resumed;
  const before = { cwd, workspace, isolation: undefined, lostWorktree: false };
  if (name !== null) return { ...before, isolation: { kind: "sandbox", name, resumes: true } };
  if (!resumed.isWorktree) return before;
  const { ownWorktree } = await import("./own_worktree.ts");
  const own = ownWorktree(resumed);
  if (own === "unknown") return before;
  if (own !== "gone") {
    return { ...before, ...own, isolation: { kind: "worktree", name: own.name, resumes: true } };
  }
  // Nobody has asked for it here: it goes on by itself, with what it was allowed to do there.
  if (isHandedOver) throw goneError(resumed);
  const { workspace: here } = request.project;
  request.warn(
    `the worktree ${JSON.stringify(resumed.worktreeName ?? workspace)} of session ` +
      `"${resumed.sessionId}" is gone; it goes on in ${JSON.stringify(here)}`,
  );
  return { ...before, cwd: here, workspace: workspaceOf(request), lostWorktree: true };
}

/**
 * Where a session goes on when only a message is given.
 *
 * @param here Where it does if its worktree is gone; undefined where nobody is who could have meant that.
 * @returns Absolute path. What is launched there says that the worktree is gone.
 * @throws {ZagError} when the directory of the session is gone
 */
export async function whereToGoOn(
  session: SessionRecord,
  here: string | undefined,
): Promise<string> {
  let { cwd } = session;
  if (session.isWorktree && session.sandboxName === null) {
    const { ownWorktree } = await import("./own_worktree.ts");
    const own = ownWorktree(session);
    if (own === "gone" && here === undefined) throw goneError(session);
    if (own === "gone") return here!;
    if (own !== "unknown") cwd = own.cwd;
  }
  await checkResumable(session, cwd, true);
  return cwd;
}

function goneError({ sessionId, worktreeName, workspacePath }: SessionRecord): ZagError {
  const worktree = JSON.stringify(worktreeName ?? workspacePath);
  return new ZagError(
    `Cannot go on with session "${sessionId}": its worktree ${worktree} is gone`,
    {
      hint: `Go on with it by hand, where you are: zag exec --resume ${sessionId} "Continue"`,
    },
  );
}
