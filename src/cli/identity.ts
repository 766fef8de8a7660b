/** Which session a program is part of: what its environment says, and what is recorded of that. */
import { openSessionStore } from "../agent/session_access.ts";
import { withoutControls } from "../events/render/text.ts";
import type { ProcessRecord, SessionRecord } from "../sessions/records.ts";
import { ZagError } from "../errors.ts";
import type { CliContext } from "./context.ts";

/** The session and the process; null is what is not known. */
export interface Identity {
  readonly session_id: string | null;
  readonly session_name: string | null;
  readonly process_id: string | null;
  /** Of the zag that runs the session. */
  readonly pid: number | null;
  readonly agent_pid: number | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly root: string | null;
  readonly parent_session_id: string | null;
  readonly parent_process_id: string | null;
}

/**
 * Who the caller is; undefined outside of any session. An index that cannot be used leaves what the
 * environment says.
 *
 * @param warn Is told about the index.
 */
export async function findIdentity(
  ctx: CliContext,
  warn: (message: string) => void,
): Promise<Identity | undefined> {
  const sessionId = variable(ctx, "ZAG_SESSION_ID");
  const processId = variable(ctx, "ZAG_PROCESS_ID");
  if (sessionId === null && processId === null) return undefined;
  const { session, run } = await recorded(ctx, sessionId, processId, warn);
  return {
    session_id: sessionId ?? session?.sessionId ?? null,
    session_name: session?.name ?? variable(ctx, "ZAG_SESSION_NAME"),
    process_id: processId ?? run?.id ?? null,
    pid: run?.ownerPid ?? null,
    agent_pid: run?.agentPid ?? null,
    provider: variable(ctx, "ZAG_PROVIDER") ?? session?.provider ?? null,
    model: variable(ctx, "ZAG_MODEL") ?? session?.model ?? null,
    root: variable(ctx, "ZAG_ROOT") ?? run?.root ?? session?.workspacePath ?? null,
    parent_session_id: run?.parentSessionId ?? session?.parentSessionId ?? null,
    parent_process_id: run?.parentProcessId ?? session?.parentProcessId ?? null,
  };
}

/** Lines of labels and values, each with its newline; what is not known has no line. */
export function identityText(identity: Identity): string {
  const rows: [label: string, value: string | number | null][] = [
    ["Session ID", identity.session_id],
    ["Session Name", identity.session_name],
    ["Process ID", identity.process_id],
    ["PID", identity.pid],
    ["Agent PID", identity.agent_pid],
    ["Provider", identity.provider],
    ["Model", identity.model],
    ["Root", identity.root],
    ["Parent Session ID", identity.parent_session_id],
    ["Parent Process ID", identity.parent_process_id],
  ];
  return rows.map(([label, value]) =>
    value === null
      ? ""
      : `${label}:`.padEnd(19) + withoutControls(String(value).replace(/\s+/g, " ")) + "\n"
  ).join("");
}

/** The records of a session and its run, of which one id is enough. */
async function recorded(
  ctx: CliContext,
  sessionId: string | null,
  processId: string | null,
  warn: (message: string) => void,
): Promise<{ session?: SessionRecord | undefined; run?: ProcessRecord | undefined }> {
  try {
    using store = await openSessionStore(ctx.env, { warning: warn });
    const given = processId === null ? undefined : store.getProcess(processId);
    const id = sessionId ?? given?.sessionId ?? null;
    const run = given ?? (id === null ? undefined : store.processesOf(id)[0]);
    return { session: id === null ? undefined : store.getSession(id), run };
  } catch (error) {
    // An agent in a sandbox may be kept from the index; its environment still says who it is.
    if (!(error instanceof ZagError)) throw error;
    warn(error.message);
    return {};
  }
}

function variable(ctx: CliContext, name: string): string | null {
  return ctx.env.get(name) || null;
}
