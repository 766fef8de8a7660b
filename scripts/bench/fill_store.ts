/** A home with sessions that have ended, as many runs of zag would have left it. */
import { zagPaths } from "../../src/config/paths.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { metaOf } from "../../src/sessions/session_meta.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { TestHome } from "../../tests/support/zag.ts";

/** A home that is filled. */
export interface FilledHome extends AsyncDisposable {
  readonly home: TestHome;
  /** Ids of its sessions, oldest first. */
  readonly ids: readonly string[];
}

/** The sessions are spread over so long a time. */
const DAY_MS = 24 * 60 * 60 * 1000;

/** Makes a home with so many sessions: a row, a run, usage and a log for each. */
export async function filledHome(count: number): Promise<FilledHome> {
  const home = await TestHome.create();
  const paths = zagPaths({ get: (name) => name === "HOME" ? home.path : undefined });
  using store = SessionStore.open(paths.database);
  const ids: string[] = [];
  const start = Date.now() - DAY_MS;
  // One transaction, or filling takes longer than measuring.
  store.atOnce(() => {
    for (let index = 0; index < count; index++) {
      const at = new Date(start + index * (DAY_MS / (count + 1)));
      const id = crypto.randomUUID();
      addSession(store, id, paths.sessionLog(undefined, id), at, home.work, index);
      ids.push(id);
    }
  });
  return { home, ids, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

function addSession(
  store: SessionStore,
  sessionId: string,
  logPath: string,
  at: Date,
  cwd: string,
  index: number,
): void {
  const time = at.toISOString();
  const base = { provider: "mock", model: "mock-medium", command: "exec" } as const;
  const meta = {
    project: null,
    workspacePath: cwd,
    name: `session ${index}`,
    tags: [`tag-${index % 10}`],
    createdAt: time,
  };
  store.addSession({
    ...base,
    ...meta,
    sessionId,
    cwd,
    providerSessionId: sessionId,
    logPath,
    startedAt: time,
    endedAt: time,
    outcome: "success",
    exitCode: 0,
  });
  const run = crypto.randomUUID();
  store.addProcess({ ...base, id: run, sessionId, prompt: "hi", ownerPid: 1, startedAt: time });
  store.endProcess(run, { status: "exited", exitCode: 0 });
  const usage = { inputTokens: 7, outputTokens: 5, costUsd: 0.01 };
  const cache = { cacheReadTokens: null, cacheCreationTokens: null };
  const { provider, model } = base;
  store.addUsage({
    sessionId,
    seq: 6,
    at: time,
    provider,
    model,
    project: null,
    ...usage,
    ...cache,
  });
  using log = LogAppender.create({
    path: logPath,
    provider,
    sessionId,
    nativeId: sessionId,
    now: () => at,
  });
  log.append(entries(cwd, metaOf(meta)));
}

function entries(cwd: string, meta: Record<string, unknown>): LogKind[] {
  const start = { command: "exec", model: "mock-medium", cwd, resumed: false, backfilled: false };
  return [
    { type: "session_started", ...start },
    { type: "session_meta", meta },
    { type: "user_message", role: "user", content: "hi", message_id: null },
    { type: "provider_status", message: "Initialized mock-medium", data: null },
    { type: "assistant_message", content: "word ".repeat(100), message_id: null },
    { type: "usage", input_tokens: 7, output_tokens: 5, total_cost_usd: 0.01 },
    { type: "session_ended", success: true, error: null, exit_code: 0, outcome: "success" },
  ];
}
