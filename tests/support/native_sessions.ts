/** Recorded session files of the agents' CLIs, put where the CLIs would have put them. */
import { dirname } from "node:path";
import { importSessions, type ImportSummary } from "../../src/import/import_sessions.ts";
import { SessionPlaces } from "../../src/import/place.ts";
import { zagPaths } from "../../src/config/paths.ts";
import { resolveProject } from "../../src/config/project.ts";
import type { LogEvent } from "../../src/events/log_event.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { loadProvider } from "../../src/providers/registry.ts";
import type { SessionRecord } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";

const FIXTURES = new URL("../fixtures/", import.meta.url);

/** A recorded session. */
export interface NativeSession {
  readonly provider: string;
  readonly id: string;
  /** Name of the recording, in `tests/fixtures/PROVIDER/transcripts`. */
  readonly fixture: string;
  /** Where its CLI keeps it, below HOME. */
  readonly file: string;
}

const claude = (fixture: string, id: string): NativeSession => ({
  provider: "claude",
  id,
  fixture,
  file: `.claude/projects/-home-user-project/${id}.jsonl`,
});
const codex = (fixture: string, id: string): NativeSession => ({
  provider: "codex",
  id,
  fixture,
  file: `.codex/sessions/2026/11/20/rollout-2026-11-20T12-00-00-${id}.jsonl`,
});
const gemini = (fixture: string, id: string): NativeSession => ({
  provider: "gemini",
  id,
  fixture,
  file: `.gemini/tmp/project/chats/session-2026-11-20T12-00-${id.slice(0, 8)}.jsonl`,
});
const copilot = (fixture: string, id: string): NativeSession => ({
  provider: "copilot",
  id,
  fixture,
  file: `.copilot/session-state/${id}/events.jsonl`,
});

/** All recordings of all CLIs. */
export const NATIVE_SESSIONS: readonly NativeSession[] = [
  claude("transcript", "49504e03-4383-4de7-b4ba-7242ecf893f3"),
  claude("transcript_resumed", "11111111-1111-4111-8111-111111111111"),
  codex("rollout", "01a1f8e6-ceba-7801-b34e-fbb53ab22e06"),
  codex("rollout_background", "01a1fe67-0a71-77d0-9bc0-343fd0fb799e"),
  codex("rollout_code_mode", "01a1fe66-f828-74e0-99e5-965907969449"),
  codex("rollout_interactive", "01a1fe66-8933-7503-bf54-e977ea92dff3"),
  codex("rollout_refused", "01a1fe66-fdf4-7580-9822-a2b111ccf196"),
  codex("rollout_resumed", "01a1f8f4-888c-7af2-bca4-92dde3c4759b"),
  gemini("transcript", "eb103521-fade-497e-9385-3d60161ed884"),
  gemini("transcript_resumed", "77777777-7777-4777-8777-777777777777"),
  copilot("transcript", "a9c11d03-5977-4f94-8261-8c761ed14171"),
  copilot("resumed", "44444444-4444-4444-8444-444444444444"),
  copilot("sub_agent", "33333333-3333-4333-8333-333333333333"),
];

/** The lines of a recording, its project moved to a directory. */
export async function nativeLines(session: NativeSession, work: string): Promise<string[]> {
  const path = new URL(`${session.provider}/transcripts/${session.fixture}.jsonl`, FIXTURES);
  const text = await Deno.readTextFile(path);
  return text.replaceAll("/home/user/project", work).split("\n").filter((line) => line !== "");
}

/** Writes a file and the directories above it. */
export async function writeFile(path: string, content: string | Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(
    path,
    typeof content === "string" ? new TextEncoder().encode(content) : content,
  );
}

/** A home in which sessions are imported without a process of their own. */
export class ImportHome implements AsyncDisposable {
  private constructor(readonly path: string, readonly work: string) {}

  static async create(): Promise<ImportHome> {
    const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "zag-import-" }));
    await Deno.mkdir(`${path}/work`);
    return new ImportHome(path, `${path}/work`);
  }

  /** Puts a session where its CLI keeps it. */
  async plant(session: NativeSession, lines?: readonly string[]): Promise<string> {
    const path = `${this.path}/${session.file}`;
    const all = lines ?? await nativeLines(session, this.work);
    await writeFile(path, all.map((line) => line + "\n").join(""));
    return path;
  }

  /** The file of the index. */
  get database(): string {
    return `${this.path}/.zag/zag.db`;
  }

  /** Imports everything that is there. */
  async import(
    options: { providers?: string[]; dryRun?: boolean; global?: boolean; cwd?: string } = {},
  ): Promise<ImportSummary & { failures: string[] }> {
    const names = options.providers ?? ["claude", "codex", "gemini", "copilot"];
    const env = { get: (name: string) => name === "HOME" ? this.path : undefined };
    const cwd = options.cwd ?? this.work;
    const failures: string[] = [];
    const paths = zagPaths(env);
    using store = SessionStore.open(paths.database);
    const { summary } = await importSessions(
      {
        providers: await Promise.all(names.map(loadProvider)) as Provider[],
        places: new SessionPlaces(await resolveProject({ cwd }), false),
        global: options.global ?? false,
        dryRun: options.dryRun ?? false,
        observer: { failed: (path, reason) => void failures.push(`${path}: ${reason}`) },
      },
      store,
      paths,
      { env: { ...env, toObject: () => ({ HOME: this.path }) }, cwd, now: () => new Date() },
    );
    return { ...summary, failures };
  }

  /** Path of the log of a session outside of any project. */
  logPath(id: string): string {
    return `${this.path}/.zag/logs/sessions/${id}.jsonl`;
  }

  /** The lines of that log. */
  async log(id: string): Promise<LogEvent[]> {
    return await readLogFile(this.logPath(id));
  }

  /** The row of a session. */
  row(id: string): SessionRecord | undefined {
    using store = SessionStore.open(this.database);
    return store.getSession(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** The lines of a log that can be read. */
export async function readLogFile(path: string): Promise<LogEvent[]> {
  const lines = (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as LogEvent];
    } catch {
      return [];
    }
  });
}

/** What lines say, without their envelope. */
export function said(log: readonly LogEvent[]): Record<string, unknown>[] {
  return log.map((line) => {
    const {
      seq: _seq,
      ts: _ts,
      provider: _provider,
      wrapper_session_id: _id,
      provider_session_id: _nativeId,
      source_kind: _source,
      completeness: _completeness,
      imported_at: _imported,
      ...kind
    } = line as LogEvent & { imported_at?: string };
    return kind;
  });
}

/** What lines say, but for those about the session as a whole. */
export function content(log: readonly LogEvent[]): Record<string, unknown>[] {
  return said(log).filter(({ type }) => !String(type).startsWith("session_"));
}
