/** Which session goes on: one that zag knows, or one that only the agent's CLI knows. */
import { isId, type ZagPaths } from "../config/paths.ts";
import type { Project } from "../config/project.ts";
import type { Host } from "../host.ts";
import type { Provider } from "../providers/provider.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { resolveSession, SELECTOR_TAG } from "../sessions/resolve.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionNotFoundError } from "../sessions/store_errors.ts";
import { InvalidOptionError } from "./errors.ts";
import { findTranscript } from "./find_transcript.ts";

/** Which session goes on. */
export type ResumeTarget = { id: string; from?: HandOver } | { latest: true };

/** A run that did not end the session: the next one takes it over, in the same process of zag. */
export interface HandOver {
  /** The run that is over. */
  processId: string;
  /** Its agent's. */
  exitCode: number | null;
  /** The agent's CLI does not know the session, and begins one of its own. */
  forgotten: boolean;
  /** Another provider goes on; absent: the same. It is `forgotten` then. */
  provider?: string;
}

/**
 * The session, or the error that nobody knows it so far.
 *
 * @param provider The latest one of this provider; absent for any.
 */
export function findResumed(
  command: "exec" | "run",
  target: ResumeTarget,
  store: SessionStore | undefined,
  project: Project,
  provider?: string,
): SessionRecord | SessionNotFoundError {
  if (!store) throw new InvalidOptionError("Cannot resume: the session index cannot be read");
  if ("id" in target) {
    try {
      const scope = { project: project.key ?? null };
      const found = resolveSession(store, { ref: target.id }, scope);
      return target.from ? found : notRunning(found, store);
    } catch (error) {
      // The provider may know it; which one that is has not been decided yet.
      if (error instanceof SessionNotFoundError) return error;
      throw error;
    }
  }
  const latest = store.latestSession({
    project: project.key ?? null,
    // Outside of any project only the directory tells what belongs together.
    ...(project.key === undefined ? { cwd: project.workspace } : {}),
    ...(command === "run" ? { command: "run" } : {}),
    provider,
    resumable: true,
    // Nobody who says "go on" means a question that zag asked.
    withoutTag: SELECTOR_TAG,
    by: "run",
  });
  if (!latest) {
    const kind = [command === "run" ? "interactive " : "", provider && `${provider} `].join("");
    throw new InvalidOptionError(
      `Cannot continue: no ${kind}session of this project is known`,
      { hint: "start one, or name it with --resume" },
    );
  }
  return notRunning(latest, store);
}

function notRunning(session: SessionRecord, store: SessionStore): SessionRecord {
  store.checkNotRunning(session.sessionId);
  return session;
}

/** A session that the CLI of one of these providers keeps although zag did not start it. */
export async function discover(
  missing: SessionNotFoundError,
  providers: readonly Provider[],
  paths: ZagPaths,
  project: Project,
  host: Host,
): Promise<{ provider: Provider; id: string; source: string }> {
  const id = missing.reference;
  // A name can hold what no agent's id does.
  if (!isId(id)) throw missing;
  for (const provider of providers) {
    const source = provider.transcript && await findTranscript(provider.transcript, {
      sessionId: id,
      cwd: project.workspace,
      home: paths.userHome ?? "",
      stateDir: paths.agentState(provider.name),
      env: host.env.toObject(),
    });
    if (source !== undefined) return { provider, id, source };
  }
  if (missing.guess !== undefined) throw missing;
  throw new SessionNotFoundError(
    id,
    "A session that zag did not start goes by the agent's own id, in the directory where it ran.",
  );
}

/**
 * Checks that there is something to go on with.
 *
 * @param cwd The directory of the session.
 * @param startsAnew Nothing has to be kept by the agent's CLI.
 * @throws {InvalidOptionError} when the directory is gone, or the agent keeps no such session.
 */
export async function checkResumable(
  resumed: SessionRecord,
  cwd: string,
  startsAnew = false,
): Promise<void> {
  const { sessionId, provider, providerSessionId } = resumed;
  if (providerSessionId === null && !startsAnew) {
    throw new InvalidOptionError(
      `Cannot resume session "${sessionId}": ${provider} keeps no session under a known name`,
    );
  }
  if (await isDirectory(cwd)) return;
  throw new InvalidOptionError(
    `Cannot resume session "${sessionId}": its directory "${cwd}" is gone`,
    {
      hint: `Put it back, or start a new session with the result: zag exec --context ${sessionId}`,
    },
  );
}

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isDirectory, () => false);
}
