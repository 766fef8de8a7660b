/** Adds sessions and processes to a store: DATABASE NAME COUNT. */
import { SessionStore } from "../../../src/sessions/store.ts";
import { waitForStart } from "./start.ts";

const [path = "", name = "", count = ""] = Deno.args;
await waitForStart();
using store = SessionStore.open(path);
for (let index = 0; index < Number(count); index++) {
  const id = `${name}-${index}`;
  const at = new Date().toISOString();
  store.addSession({
    sessionId: id,
    provider: "mock",
    command: "exec",
    workspacePath: "/w",
    createdAt: at,
  });
  store.addProcess({
    id,
    sessionId: id,
    provider: "mock",
    command: "exec",
    ownerPid: Deno.pid,
    startedAt: at,
  });
  store.endProcess(id, { status: "exited", exitCode: index });
  store.updateSession(id, { outcome: "success" });
  // One row that all processes change.
  store.touchHeartbeat("shared");
}
