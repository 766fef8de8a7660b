/**
 * What happened in a session, gathered from its log in one pass.
 *
 * @module
 */
import { isAbsolute, resolve } from "node:path";
import type { LogEvent } from "../events/log_event.ts";
import { toolKind } from "../events/tool_kinds.ts";
import { readLog } from "./log_reader.ts";

/** What a log tells about its session. */
export interface SessionFacts {
  /** Lines that say something. */
  readonly events: number;
  /** Lines that cannot be read. */
  readonly badLines: number;
  /** Turns of the conversation, those that were cut off included. */
  readonly turns: number;
  /** How often each tool was called, the most used one first. */
  readonly tools: readonly (readonly [name: string, calls: number])[];
  /** Files that were written or edited, as the agent named them, in the order of their first change. */
  readonly files: readonly string[];
  /** What the newest run handed in, else the last message of the assistant. */
  readonly result: string | undefined;
  /** Why the newest run failed. */
  readonly error: string | undefined;
  /** How long the runs took that are over, in milliseconds. */
  readonly ranMs: number;
  /** When the run began whose end the log does not have, and when it was last heard of. */
  readonly open: { readonly since: string; readonly last: string } | undefined;
}

/** Fields of a tool's input that name the file it writes to. */
const PATH_FIELDS = [
  "file_path",
  "path",
  "notebook_path",
  "filePath",
  "absolute_path",
  "target_file",
  "filename",
];

/**
 * Reads the whole log, a line at a time.
 *
 * @throws {LogNotFoundError} when there is no such file
 */
export async function sessionFacts(path: string): Promise<SessionFacts> {
  const gatherer = new Gatherer();
  for await (const { event } of readLog(path)) gatherer.add(event);
  return gatherer.facts();
}

/** Takes the lines of a log one after the other. */
class Gatherer {
  #events = 0;
  #badLines = 0;
  readonly #tools = new Map<string, number>();
  readonly #files = new Files();
  readonly #turns = new Turns();
  #answer: string | undefined;
  #submitted: string | undefined;
  #error: string | undefined;
  #ranMs = 0;
  #since: string | undefined;
  #last = "";

  /** @param event undefined for a line that cannot be read. */
  add(event: LogEvent | undefined): void {
    if (event === undefined) {
      this.#badLines++;
      return;
    }
    this.#events++;
    this.#turns.add(event);
    switch (event.type) {
      case "session_started":
        this.#closeRun();
        this.#since = text(event.ts);
        this.#files.cwd = text(event.cwd) ?? this.#files.cwd;
        this.#submitted = undefined;
        this.#error = undefined;
        break;
      case "session_ended":
        this.#error = event.success ? undefined : text(event.error) ?? this.#error;
        this.#last = text(event.ts) ?? this.#last;
        this.#closeRun();
        break;
      case "session_result":
        this.#submitted = text(event.result);
        break;
      case "assistant_message":
        // What a sub-agent says is for the agent that asked it.
        if (event.parent_tool_use_id === undefined) this.#answer = text(event.content);
        break;
      case "tool_call":
        if (text(event.tool_name) === undefined) break;
        this.#tools.set(event.tool_name, (this.#tools.get(event.tool_name) ?? 0) + 1);
        this.#files.called(event);
        break;
      case "tool_result":
        this.#files.ended(event);
        break;
    }
    // A person can add a line when all is over.
    if (event.type !== "user_event" && event.type !== "session_meta") {
      this.#last = text(event.ts) ?? this.#last;
    }
  }

  facts(): SessionFacts {
    const since = this.#since;
    return {
      events: this.#events,
      badLines: this.#badLines,
      turns: this.#turns.count(),
      tools: [...this.#tools].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)),
      files: this.#files.list(),
      result: this.#submitted ?? this.#answer,
      error: this.#error,
      ranMs: this.#ranMs,
      open: since === undefined ? undefined : { since, last: this.#last },
    };
  }

  #closeRun(): void {
    if (this.#since === undefined) return;
    this.#ranMs += Math.max(0, Date.parse(this.#last) - Date.parse(this.#since)) || 0;
    this.#since = undefined;
  }
}

/** A field that is a text; anybody can have written the line. */
function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/**
 * Counts turns. Where the agent says that a turn is over, those count; in a run without such a word
 * every message of the user that something follows begins one.
 */
class Turns {
  #before = 0;
  #complete = 0;
  #asked = 0;
  /** Messages that come together are answered together. */
  #asking = false;
  #hasStarted = false;

  add(event: LogEvent): void {
    if (event.type === "session_started" && !this.#hasStarted) {
      // What a session in the background is asked stands in its log before it starts.
      this.#hasStarted = true;
    } else if (event.type === "session_started") {
      this.#before = this.count();
      this.#complete = 0;
      this.#asked = 0;
      this.#asking = false;
    } else if (event.type === "user_message") {
      if (!this.#asking) this.#asked++;
      this.#asking = true;
    } else if (AGENT_WORK.has(event.type)) this.#asking = false;
    if (event.type === "provider_status" && isTurnEnd(event.data)) {
      this.#complete++;
      this.#asking = false;
    }
  }

  count(): number {
    return this.#before + (this.#complete > 0 ? this.#complete : this.#asked);
  }
}

const AGENT_WORK: ReadonlySet<string> = new Set([
  "assistant_message",
  "reasoning",
  "tool_call",
  "tool_result",
]);

function isTurnEnd(data: unknown): boolean {
  return typeof data === "object" && data !== null && "turn_index" in data;
}

type ToolCall = Extract<LogEvent, { type: "tool_call" }>;
type ToolEnd = Extract<LogEvent, { type: "tool_result" }>;

/** Collects the files that calls write to, unless the call failed. */
class Files {
  cwd: string | undefined;
  /** By absolute path: as it was named first, and how many calls may have changed it. */
  readonly #changed = new Map<string, { name: string; calls: number }>();
  /** The files of calls that have no result yet. */
  readonly #pending = new Map<string, string[]>();

  called(call: ToolCall): void {
    if (!writes(call)) return;
    const paths: string[] = [];
    for (const name of pathsOf(call.input)) {
      const path = isAbsolute(name) || this.cwd === undefined ? name : resolve(this.cwd, name);
      const known = this.#changed.get(path);
      if (known) known.calls++;
      else this.#changed.set(path, { name, calls: 1 });
      paths.push(path);
    }
    if (call.tool_id != null && paths.length > 0) this.#pending.set(call.tool_id, paths);
  }

  ended({ tool_id, success }: ToolEnd): void {
    if (tool_id == null) return;
    const paths = this.#pending.get(tool_id);
    this.#pending.delete(tool_id);
    if (paths === undefined || success !== false) return;
    for (const path of paths) {
      const change = this.#changed.get(path)!;
      if (--change.calls === 0) this.#changed.delete(path);
    }
  }

  list(): string[] {
    return [...this.#changed.values()].map(({ name }) => name);
  }
}

function writes({ tool_name, tool_kind }: ToolCall): boolean {
  const kind = tool_kind ?? toolKind(tool_name);
  if (kind === "notebook") return /edit|write/i.test(tool_name);
  return kind === "file_write" || kind === "file_edit";
}

/** The files that a tool's input names, however the tool's agent writes it. */
function pathsOf(input: unknown): string[] {
  if (typeof input === "string") return patchedFiles(input);
  if (typeof input !== "object" || input === null) return [];
  const fields = input as Record<string, unknown>;
  const named = PATH_FIELDS.map((field) => fields[field]).find((path) =>
    typeof path === "string" && path !== ""
  );
  if (named !== undefined) return [named as string];
  const changes = fields.changes;
  if (Array.isArray(changes)) return changes.flatMap((change) => pathsOf(change));
  if (typeof changes === "object" && changes !== null) return Object.keys(changes);
  const patch = fields.patch ?? fields.input;
  return typeof patch === "string" ? patchedFiles(patch) : [];
}

/** The files of a patch in the form that `apply_patch` takes. */
function patchedFiles(patch: string): string[] {
  return [...patch.matchAll(/^\*\*\* (?:Add|Update|Delete) File: (.+)$/gm)]
    .map((match) => match[1]!.trim());
}
