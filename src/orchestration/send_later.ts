/** Sends a message once this program and the agent that has started it are out of the way. */
import { type ZagPaths, zagPaths } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { Subprocess } from "../processes/subprocess.ts";
import type { SessionRecord } from "../sessions/records.ts";
import { withOwnLog } from "../sessions/own_log.ts";
import type { SessionStore } from "../sessions/store.ts";
import { appendUserEvent } from "../sessions/user_event.ts";
import { startZag } from "../processes/start_zag.ts";

/** A message that is sent later. */
export interface LateMessage {
  /** Id of the session that gets it. */
  readonly to: string;
  /** Id of the session that sends it; undefined for a person. */
  readonly from: string | undefined;
  /** As the receiver is to get it. */
  readonly text: string;
}

/**
 * Leaves a message to a zag in the background, which sends it when it is its turn. It has its place
 * among those who send to the session when this returns. The answer stands in the log of the session;
 * what keeps the message from being sent does, too.
 *
 * @throws {ZagError} when no other zag can be started, or it cannot take the message
 */
export async function sendLater(host: Host, { to, from, text }: LateMessage): Promise<void> {
  const { home, spawnLog } = zagPaths(host.env);
  const stderrFile = spawnLog(to);
  const child = startZag(
    // The directory of the agent that sends may be gone by then.
    Object.create(host, { cwd: { value: home } }),
    ["--quiet", "input", "--raw", `--session=${to}`, `--later=${from ?? ""}`, "-"],
    { stdin: "pipe", stdout: "pipe", stderrFile },
  );
  try {
    const taken = await child.stdin!.write(text) && await child.stdin!.close();
    if (taken && await hasPlace(child)) return;
  } finally {
    child.closeOutput();
  }
  throw new ZagError(
    `Cannot send to session "${to}" later: the zag in the background could not take the message`,
    { hint: `What it said is in ${stderrFile}` },
  );
}

/** It says so with the first byte. */
async function hasPlace({ stdout }: Subprocess): Promise<boolean> {
  for await (const bytes of stdout!) if (bytes.length > 0) return true;
  return false;
}

/**
 * Tells in the log of the receiver that a message was not sent, or of the sender if the receiver has
 * none any more.
 *
 * @param why The reason, for a person.
 * @returns false when neither can be told
 */
export function tellNotSent(
  store: SessionStore,
  paths: ZagPaths,
  { to, from }: Omit<LateMessage, "text">,
  why: string,
): boolean {
  const sender = from === undefined ? "" : ` from session ${JSON.stringify(from)}`;
  return [
    [to, `A message${sender} could not be sent to this session: ${why}`],
    [from, `A message to session ${JSON.stringify(to)} could not be sent: ${why}`],
  ].some(([id, message]) => {
    const session = id === undefined ? undefined : store.getSession(id);
    return session !== undefined && noted(store, paths, session, message!);
  });
}

function noted(
  store: SessionStore,
  paths: ZagPaths,
  session: SessionRecord,
  message: string,
): boolean {
  try {
    const own = withOwnLog(store, paths, session);
    appendUserEvent(own, { type: "user_event", level: "error", message });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
