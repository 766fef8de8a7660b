/**
 * Keeps what a launch says about itself. It costs nothing as long as all goes well: entries stay in
 * memory, and are written only when there was a warning or a failure, or with `--debug`.
 *
 * @module
 */
import type { LaunchRequest } from "../agent/launch.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import type {
  DiagnosticEntry,
  DiagnosticLevel,
  DiagnosticLog,
} from "../diagnostics/diagnostic_log.ts";
import type { CliContext } from "./context.ts";

/** Starts an agent, as `launch` does. */
export type Launch = (request: LaunchRequest) => Promise<LaunchOutcome>;

/** The oldest entries are given up beyond this, unless they are being written. */
const MOST_ENTRIES = 1000;

/** The same launch, whose messages are kept. */
export function diagnosed(ctx: CliContext, debug: boolean, launch: Launch): Launch {
  return async (request) => {
    const { observer = {} } = request;
    const diagnostics = new Diagnostics(ctx, request, debug);
    try {
      const outcome = await launch({
        ...request,
        observer: {
          ...observer,
          starting: (settled, logPath) => {
            const { provider, sessionId } = settled;
            diagnostics.note("info", `session ${sessionId} of ${provider.name} starts`);
            observer.starting?.(settled, logPath);
          },
          warning: (message) => {
            diagnostics.note("warn", message);
            observer.warning?.(message);
          },
          debug: (message) => {
            diagnostics.note("debug", message);
            observer.debug?.(message);
          },
        },
      });
      if (!outcome.success) diagnostics.note("error", outcome.failure ?? "the session failed");
      return outcome;
    } catch (error) {
      diagnostics.note("error", error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      await diagnostics.end();
    }
  };
}

class Diagnostics {
  readonly #ctx: CliContext;
  readonly #request: LaunchRequest;
  #entries: DiagnosticEntry[] = [];
  #log: DiagnosticLog | undefined;
  #writing: Promise<void> | undefined;

  constructor(ctx: CliContext, request: LaunchRequest, debug: boolean) {
    this.#ctx = ctx;
    this.#request = request;
    if (debug) this.#write();
  }

  note(level: DiagnosticLevel, text: string): void {
    this.#entries.push({ at: this.#ctx.now(), level, text });
    if (this.#writing || level === "warn" || level === "error") this.#write();
    else if (this.#entries.length > MOST_ENTRIES) this.#entries.shift();
  }

  async end(): Promise<void> {
    await this.#writing;
  }

  /** Writes what there is; from now on that happens with every entry. */
  #write(): void {
    this.#writing = (this.#writing ?? Promise.resolve()).then(async () => {
      const entries = this.#entries;
      this.#entries = [];
      if (entries.length > 0) (this.#log ??= await this.#open()).append(entries);
    }).catch(() => {
      // Without a state directory there is no place for it.
    });
  }

  async #open(): Promise<DiagnosticLog> {
    const [{ DiagnosticLog }, { redactor }, { zagPaths }] = await Promise.all([
      import("../diagnostics/diagnostic_log.ts"),
      import("../diagnostics/redact.ts"),
      import("../config/paths.ts"),
    ]);
    const { env } = this.#ctx;
    return new DiagnosticLog({
      directory: zagPaths(env).diagnosticLogs,
      pid: Deno.pid,
      redact: redactor(env.toObject(), Object.values(this.#request.options.env ?? {})),
    });
  }
}
