/** Sends a message once this program and the agent that has started it are out of the way. */
import { zagPaths } from "../config/paths.ts";
import type { Host } from "../host.ts";
import { selfCommand, setEntry } from "../processes/self.ts";
import { startSubprocess } from "../processes/subprocess.ts";

/** What makes a process a part of a session: its end would be the end of the message. */
const OF_A_SESSION = ["ZAG_PROCESS_ID", "ZAG_SESSION_ID", "ZAG_SESSION_NAME"];

/**
 * Leaves a message to a zag in the background, which sends it when it is its turn. The answer stands
 * in the log of the session.
 *
 * @param message as the receiver is to get it
 * @throws {SpawnError} when no other zag can be started
 */
export async function sendLater(host: Host, sessionId: string, message: string): Promise<void> {
  if (host.entry !== undefined) setEntry(host.entry);
  const self = selfCommand();
  const other = host.env.get("ZAG_BIN");
  const env: Record<string, string> = {
    ...self.env,
    ...host.env.toObject(),
    ZAG_HOME: zagPaths(host.env).home,
  };
  for (const name of OF_A_SESSION) delete env[name];
  const child = startSubprocess({
    program: other || self.program,
    args: [
      ...(other ? [] : self.args),
      ...["--quiet", "input", "--raw", `--session=${sessionId}`, "-"],
    ],
    env,
    cwd: host.cwd,
    detached: true,
    stdin: "pipe",
    stdout: "null",
    stderr: "null",
  });
  await child.stdin!.write(message);
  await child.stdin!.close();
  child.unref();
}
