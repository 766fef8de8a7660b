/**
 * Keeps the books of sessions as a launch does, without any agent: HOME SHARED NAME EVENTS. HOME is
 * the state directory, SHARED the log of another session, to which every event is appended too.
 */
import { openRecorder } from "../../../src/agent/recorder.ts";
import { settle } from "../../../src/agent/settle.ts";
import { openStore } from "../../../src/agent/session_access.ts";
import type { UsedSoFar } from "../../../src/agent/usage_meter.ts";
import type { Host } from "../../../src/host.ts";
import { startTimeOf } from "../../../src/processes/process_table.ts";
import { LogAppender } from "../../../src/sessions/log.ts";
import { waitForStart } from "./start.ts";

const [home = "", shared = "", name = "", count = ""] = Deno.args;
const environment: Record<string, string> = { ...Deno.env.toObject(), ZAG_HOME: home };
const host: Host = {
  env: { get: (key) => environment[key], toObject: () => environment },
  cwd: Deno.cwd(),
  now: () => new Date(),
};
/** What an agent has used when it comes to this event. */
const spent = (index: number): UsedSoFar => ({
  usage: {
    input_tokens: index,
    output_tokens: index / 5 + 1,
    cache_read_tokens: null,
    cache_creation_tokens: null,
    web_search_requests: null,
    web_fetch_requests: null,
  },
  costUsd: null,
  model: undefined,
});
const warnings: string[] = [];
const warning = (message: string) => void warnings.push(message);

await waitForStart();
{
  using store = await openStore(host.env, { warning, debug: warning });
  const settled = await settle(
    {
      command: "exec",
      options: { provider: "mock", sessionId: name, name: `name of ${name}`, tags: ["many"] },
      prompt: `prompt of ${name}`,
      resume: undefined,
      streamInput: false,
    },
    host,
    store.open,
  );
  const recorder = await openRecorder(
    { processId: crypto.randomUUID(), settled },
    store.open,
    host,
    { warning },
  );
  recorder.spawned({ pid: Deno.pid, startTime: startTimeOf(Deno.pid)! }, false);
  using log = LogAppender.reopen({ path: shared, provider: "mock", sessionId: "shared" });
  for (let index = 0; index < Number(count); index++) {
    const event = {
      type: "user_event" as const,
      level: "info" as const,
      message: "x".repeat(index % 7 * 90),
      data: { name, index },
    };
    recorder.log([event], index === 3 ? `native ${name}` : undefined);
    if (index % 5 === 0) recorder.used(spent(index));
    log.append([event]);
  }
  await recorder.finish({ outcome: "success", error: undefined });
  if (log.failure) warnings.push(log.failure.message);
}
if (warnings.length > 0) throw new Error(warnings.join("\n"));
