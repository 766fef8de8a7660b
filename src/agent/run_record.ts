/**
 * What the books say of one run: as rows of the index, and as lines of the log. Both are made from
 * the same facts, so that the one can be made again from the other.
 */
import type { LogKind, SessionEndReason, SessionOutcome } from "../events/log_event.ts";
import type { EnvReader } from "../host.ts";
import type { ProcessIdentity } from "../processes/process_info.ts";
import { startTimeOf } from "../processes/process_table.ts";
import type {
  AgentIdentity,
  NewProcess,
  NewSession,
  SessionCommand,
  SessionPatch,
  SessionRecord,
  UsageRecord,
} from "../sessions/records.ts";
import { metaOf, type MetaPatch, ownerMeta, patchOf } from "../sessions/session_meta.ts";
import type { RegisterOptions, SessionLogMode } from "./agent_options.ts";
import { givenMetadata, launchRecord } from "./launch_record.ts";
import type { LaunchOptions } from "./launch_options.ts";
import type { KeptLog } from "./log_place.ts";
import type { AgentExit } from "./outcome.ts";
import type { Settled } from "./settle.ts";
import { endOfStderr } from "./stderr_end.ts";
import type { UsageLine, UsedSoFar } from "./usage_meter.ts";

/** How a session ended, for the books. */
export interface SessionEnd {
  outcome: SessionOutcome;
  error: string | undefined;
  /** Why it was ended, or could not go on. */
  reason?: SessionEndReason | undefined;
  exit?: AgentExit;
  /** Of the whole invocation. */
  used?: UsedSoFar;
  /** The end of stderr, where nothing else explains the failure. */
  stderr?: string | undefined;
  /** Only this run is over: another one goes on with the session at once. */
  goesOn?: boolean | undefined;
}

/** A run that is about to be recorded. */
export interface RunToRecord {
  readonly processId: string;
  readonly settled: Settled;
  /** Its session, if both are recorded already. */
  readonly adopted?: SessionRecord | undefined;
  /** The process that looks after it; absent: this one. */
  readonly owner?: ProcessIdentity | undefined;
  /** Where its log is kept. @default "auto" */
  readonly log?: SessionLogMode | undefined;
  /** What its entry among the running agents says otherwise. */
  readonly registration?: RegisterOptions | undefined;
  /** What is known of a new session beyond what was settled. */
  readonly origin?:
    | Pick<NewSession, "command" | "dependencies" | "interactive" | "retriedFrom">
    | undefined;
}

/** One run, as it was settled. */
export class RunRecord {
  readonly #processId: string;
  readonly #settled: Settled;
  readonly #adopted: SessionRecord | undefined;
  readonly #origin: Partial<NewSession>;
  readonly #owner: { readonly pid: number; readonly start: string | null };
  readonly #parents: Pick<SessionRecord, "parentSessionId" | "parentProcessId">;
  readonly #retold: SessionRecord | undefined;
  readonly #kept: KeptLog;
  readonly #registration: RegisterOptions;
  /** The books have what the session was started with. */
  #knowsLaunch: boolean;
  /** Tags of the session that goes on. */
  #tags: readonly string[];
  /** When it began, RFC 3339. */
  readonly startedAt: string;

  /**
   * Describes a run.
   *
   * @param env Tells whose agent started it.
   * @param retold The session that goes on without its log, which is gone.
   * @param kept How much of the run the log is told.
   */
  constructor(
    { processId, settled, adopted, owner, origin, registration }: RunToRecord,
    startedAt: string,
    env: EnvReader,
    retold: SessionRecord | undefined,
    kept: KeptLog = "whole",
  ) {
    this.#processId = processId;
    this.#settled = settled;
    this.#adopted = adopted;
    this.#origin = origin ?? { command: settled.options.command ?? settled.command };
    this.startedAt = startedAt;
    this.#retold = retold;
    this.#kept = kept;
    this.#registration = registration ?? {};
    this.#knowsLaunch = settled.resumed != null && settled.resumed.launch !== null;
    this.#tags = settled.resumed?.tags ?? [];
    this.#owner = owner
      ? { pid: owner.pid, start: owner.startTime }
      : { pid: Deno.pid, start: startTimeOf(Deno.pid) ?? null };
    this.#parents = {
      parentSessionId: adopted ? adopted.parentSessionId : env.get("ZAG_SESSION_ID") ?? null,
      parentProcessId: adopted ? adopted.parentProcessId : env.get("ZAG_PROCESS_ID") ?? null,
    };
  }

  /** The command that the session belongs to. */
  get #command(): SessionCommand {
    return this.#adopted?.command ?? this.#origin.command ?? this.#settled.command;
  }

  /** The row of a session that begins with this run. */
  newSession(logPath: string | undefined, nativeId: string | undefined): NewSession {
    const { workspace, sessionId, provider, modelName, cwd } = this.#settled;
    return {
      workspacePath: workspace,
      createdAt: this.startedAt,
      ...defined(this.#meta()),
      ...this.#origin,
      sessionId,
      providerSessionId: nativeId ?? null,
      provider: provider.name,
      model: modelName,
      command: this.#command,
      cwd,
      resumed: this.#resumes,
      ...(logPath === undefined ? { logCompleteness: "partial" } : { logPath }),
      startedAt: this.startedAt,
    };
  }

  /** What changes in the row of a session that was recorded before, when it begins. */
  begun(logPath: string | undefined, nativeId: string | undefined): SessionPatch {
    const { provider, modelName, cwd, workspace } = this.#settled;
    return {
      ...this.#meta(),
      workspacePath: workspace,
      cwd,
      provider: provider.name,
      model: modelName,
      providerSessionId: nativeId ?? null,
      resumed: this.#resumes,
      logPath,
      startedAt: this.startedAt,
    };
  }

  /**
   * What changes in the row of a session that goes on with this run.
   *
   * @param found The session as it is now: others may have changed it since it was looked up.
   */
  reopened(logPath: string | undefined, found: SessionRecord): SessionPatch {
    this.#tags = found.tags;
    const { newNativeId } = this.#settled;
    return {
      startedAt: this.startedAt,
      endedAt: null,
      outcome: null,
      endReason: null,
      exitCode: null,
      signal: null,
      error: null,
      resumed: true,
      ...(newNativeId === undefined ? {} : { providerSessionId: newNativeId }),
      provider: this.#settled.provider.name,
      model: this.#settled.modelName,
      ...this.#meta(),
      logPath,
    };
  }

  /**
   * What changes in the row of a session whose log the program has begun itself. It does not begin
   * with this run, nor does it end with it.
   *
   * @param found The session as it is now.
   */
  joined(found: SessionRecord, nativeId: string | undefined): SessionPatch {
    this.#tags = found.tags;
    this.#knowsLaunch = found.launch !== null;
    return {
      ...this.#joinedMeta(),
      ...(this.#settled.exit && { startedAt: this.startedAt }),
      ...(nativeId === undefined ? {} : { providerSessionId: nativeId }),
      endedAt: null,
      outcome: null,
      endReason: null,
      exitCode: null,
      signal: null,
      error: null,
    };
  }

  /** The run's own row. */
  process(agent: AgentIdentity | undefined): NewProcess {
    const { sessionId, provider, modelName, prompt, workspace, command } = this.#settled;
    const said = this.#registration;
    return {
      id: this.#processId,
      sessionId,
      provider: said.provider ?? provider.name,
      model: said.model ?? modelName,
      // Others are told by it that a person sits there, and what a result has to satisfy.
      command: command === "run" ? this.#command : said.command ?? this.#command,
      prompt: said.promptPreview ?? (this.#kept === "frame" ? null : prompt ?? null),
      ownerPid: this.#owner.pid,
      ownerStart: this.#owner.start,
      ...(agent && {
        agentPid: agent.pid,
        agentStart: agent.start,
        agentDetached: agent.detached,
      }),
      startedAt: this.startedAt,
      root: said.root ?? workspace,
      ...this.#parents,
    };
  }

  /** The row of a usage line. */
  usage(line: UsageLine, seq: number, at: string): UsageRecord {
    const { sessionId, provider, modelName, resumed, project } = this.#settled;
    return {
      sessionId,
      seq,
      at,
      provider: provider.name,
      model: line.model ?? modelName,
      project: (resumed ?? { project: project.key }).project ?? null,
      inputTokens: line.input_tokens,
      outputTokens: line.output_tokens,
      cacheReadTokens: line.cache_read_tokens ?? null,
      cacheCreationTokens: line.cache_creation_tokens ?? null,
      costUsd: line.total_cost_usd ?? null,
    };
  }

  /** The lines with which the run opens its log. */
  openingLines(): LogKind[] {
    const { modelName, cwd, resumed, exit } = this.#settled;
    const started: LogKind = {
      type: "session_started",
      command: this.#command,
      model: modelName,
      cwd,
      resumed: this.#resumes,
      backfilled: false,
    };
    if (this.#kept === "joined") {
      // A result that is handed in counts for the run behind whose first line it stands.
      const first = exit ? [started] : [];
      return [...first, this.#metaLine(this.#joinedMeta()), ...this.#promptLine()];
    }
    return [
      started,
      this.#metaLine(this.#meta()),
      ...this.#adopted && !resumed || this.#kept === "frame" ? [] : this.#promptLine(),
    ];
  }

  /** The lines with which the log of a session begins that is recorded before it can start. */
  reservation(session: NewSession): LogKind[] {
    return [this.#metaLine(session), ...this.#promptLine()];
  }

  #promptLine(): LogKind[] {
    const { prompt: content } = this.#settled;
    if (content === undefined || content.trim() === "") return [];
    return [{ type: "user_message", role: "user", content, message_id: null }];
  }

  /** What is known, and whose death makes this run a stray. */
  #metaLine(meta: MetaPatch): LogKind {
    const owner = { id: this.#processId, ...this.#owner };
    return { type: "session_meta", meta: { ...metaOf(meta), ...ownerMeta(owner) } };
  }

  /** It goes on with something, whoever started that. */
  get #resumes(): boolean {
    return this.#settled.resumed !== undefined || this.#settled.discovered !== undefined;
  }

  /** What this run says about the session; whoever goes on with one does not become its parent. */
  #meta(): MetaPatch {
    const { resumed, options, project, workspace, discovered, modelName, exit } = this.#settled;
    const launch = this.#kept === "frame" ? undefined : launchRecord(this.#settled);
    const ends = { ...this.#placeApart(), ...(exit && { exit }), ...this.#budget };
    if (resumed) {
      const lost = this.#retold && { ...patchOf(metaOf(this.#retold)), model: modelName };
      const given = { ...lost, ...givenMetadata(this.#given(options), this.#tags), ...ends };
      // Whoever wants to start it again needs what it was started with: neither the last correction
      // nor a later prompt says that.
      const known = this.#knowsLaunch && !this.#settled.startsAnew;
      return this.#settled.handedOver || known ? given : { ...given, launch };
    }
    // What was said about it may have been changed since.
    if (this.#adopted) return { ...ends, launch };
    return {
      project: project.key ?? null,
      workspacePath: workspace,
      ...givenMetadata(this.#given(options)),
      ...this.#parents,
      ...(discovered && { discovered: true, discoverySource: discovered.source }),
      ...ends,
      launch,
      createdAt: this.startedAt,
    };
  }

  /** What the caller says about the session; it goes by its registered name where it has no other. */
  #given(options: LaunchOptions): LaunchOptions {
    const { sessionName: name } = this.#registration;
    const { resumed } = this.#settled;
    if (name === undefined || (options.name ?? resumed?.name) != null) return options;
    return { ...options, name };
  }

  /** What a run says about the session of an open log. */
  #joinedMeta(): MetaPatch {
    const { options, modelName: model, cwd, workspace: workspacePath, exit } = this.#settled;
    return {
      ...givenMetadata(this.#given(options), this.#tags),
      model,
      cwd,
      workspacePath,
      ...this.#placeApart(),
      ...(exit && { exit }),
      ...this.#budget,
      ...(this.#knowsLaunch ? {} : { launch: launchRecord(this.#settled) }),
    };
  }

  /** What this call may spend; what an earlier one was allowed holds no more. */
  get #budget(): MetaPatch {
    const { budget, resumed } = this.#settled;
    return budget ? { budget } : resumed?.budget ? { budget: null } : {};
  }

  /** Where the session works, as far as that has changed. */
  #placeApart(): MetaPatch {
    const { isolated, lostWorktree, workspace: workspacePath, cwd } = this.#settled;
    if (lostWorktree) return { isWorktree: false, worktreeName: null, workspacePath, cwd };
    return isolated ? { ...isolated, workspacePath, cwd } : {};
  }
}

/** The lines with which a run closes its log. */
export function closingLines({ outcome, error, reason, exit, stderr }: SessionEnd): LogKind[] {
  const lines: LogKind[] = [];
  if (stderr?.trim()) lines.push({ type: "stderr", message: endOfStderr(stderr) });
  lines.push({
    type: "session_ended",
    success: outcome === "success",
    error: error ?? null,
    ...(exit?.code == null ? {} : { exit_code: exit.code }),
    ...(exit?.signal == null ? {} : { signal: exit.signal }),
    outcome,
    ...(reason === undefined ? {} : { end_reason: reason }),
  });
  return lines;
}

/**
 * The same end without what the agent has said, for a session whose texts are nowhere kept: zag's own
 * words tell of any end that was not the agent's.
 */
export function untoldEnd(end: SessionEnd): SessionEnd {
  const { stderr: _, ...known } = end;
  if (end.outcome !== "failure" && end.outcome !== "unknown") return known;
  return { ...known, error: "it failed; why is not recorded, since its session keeps no log" };
}

/** The same fields without those that are undefined. */
function defined<T extends object>(fields: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}
