/** Sessions that were recorded some time ago, for the commands that read what is recorded. */
import type { LogKind } from "../../src/events/log_event.ts";
import { zagPaths } from "../../src/config/paths.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import type { NewProcess, NewSession } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import type { TestHome } from "./zag.ts";

/** What is to be found of a session. */
export interface Recorded extends Partial<NewSession> {
  /** Lines of its log, each a second after the one before; null for a log that is gone. */
  kinds?: readonly LogKind[] | null;
  /** Its newest run. */
  run?: Partial<NewProcess>;
}

/** When sessions are recorded that say nothing else. */
export const RECORDED_AT = "2026-01-02T03:04:05.000Z";

/** Records a session of the directory in which a home's tests work; returns the path of its log. */
export function record(home: TestHome, sessionId: string, recorded: Recorded = {}): string {
  const { kinds = [], run, ...more } = recorded;
  const createdAt = more.createdAt ?? RECORDED_AT;
  const paths = zagPaths({ get: (name) => home.env()[name] });
  const logPath = paths.sessionLog(more.project ?? undefined, sessionId);
  using store = SessionStore.open(paths.database);
  const session: NewSession = {
    sessionId,
    provider: "mock",
    model: "mock-medium",
    command: "exec",
    workspacePath: home.work,
    createdAt,
    startedAt: createdAt,
    outcome: "success",
    logPath,
    ...more,
  };
  store.addSession(session);
  if (run !== undefined) {
    store.addProcess({
      id: `run-of-${sessionId}`,
      sessionId,
      provider: session.provider,
      command: session.command,
      ownerPid: Deno.pid,
      startedAt: createdAt,
      ...run,
    });
  }
  if (kinds === null) return logPath;
  let time = Date.parse(createdAt);
  using log = LogAppender.create({
    path: logPath,
    provider: session.provider,
    sessionId,
    now: () => new Date(time),
  });
  for (const kind of kinds) {
    const appended = log.append([kind])!;
    time += 1000;
    if (kind.type !== "usage") continue;
    store.addUsage({
      sessionId,
      seq: appended.seq,
      at: appended.ts,
      provider: session.provider,
      model: kind.model ?? session.model ?? null,
      project: session.project ?? null,
      inputTokens: kind.input_tokens,
      outputTokens: kind.output_tokens,
      cacheReadTokens: kind.cache_read_tokens ?? null,
      cacheCreationTokens: kind.cache_creation_tokens ?? null,
      costUsd: kind.total_cost_usd ?? null,
    });
  }
  return logPath;
}
