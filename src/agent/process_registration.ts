/** Entries among the running agents for programs that start agents without a builder. */
import { zagPaths } from "../config/paths.ts";
import { realHost } from "../host.ts";
import { startTimeOf } from "../processes/process_table.ts";
import type { RegisterOptions } from "./agent_options.ts";
import { checkArguments, kind, NUMBER, partsWith, TEXT } from "./argument_check.ts";
import { changeIndex } from "./quiet_index.ts";

/** What an agent's entry says at its end. */
export type EndedStatus = "exited" | "killed";

/** The entry of an agent that a program starts itself. */
export interface ProcessRegistration extends AsyncDisposable {
  /** The handle of the entry, a UUID: what `zag ps` calls it, and what the agent has as `ZAG_PROCESS_ID`. */
  readonly procId: string;
  /**
   * Variables for the agent: `ZAG_PROCESS_ID`, `ZAG_PROVIDER`, `ZAG_MODEL`, and `ZAG_SESSION_ID`,
   * `ZAG_ROOT`, `ZAG_SESSION_NAME` where they are known. They are how what the agent starts is found.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Call it with the number of the agent's process as soon as it runs. */
  onSpawn(pid: number): void;
  /**
   * Says how the agent ended. A later call does nothing.
   *
   * @param code The agent's exit code; null when it is not known.
   */
  updateStatus(status: EndedStatus, code: number | null): void;
}

/** What an agent that a program starts itself is listed as. */
export interface ProcessToRegister extends RegisterOptions {
  /** Name of the provider. */
  provider: string;
  /** Name of the model. */
  model: string;
  /** The command that it is listed under, of any name. */
  command: string;
}

const PROCESS = partsWith<ProcessToRegister>(["provider", "model", "command"], {
  provider: TEXT,
  model: TEXT,
  command: TEXT,
  promptPreview: TEXT,
  sessionId: TEXT,
  sessionName: TEXT,
  root: TEXT,
});
const STATUS = kind("exited or killed", (value) => value === "exited" || value === "killed");
const CODE = kind("a number, or null", (value) => typeof value === "number" || value === null);

/**
 * Lists an agent that the program starts itself, so that `zag ps` shows it, `zag ps kill` ends it, also
 * from inside of it, and the next zag ends what is left of it when this program is killed. The session
 * and the process whose agent has started this program are its parents. An index that cannot be written
 * is no failure: then it is not listed.
 *
 * @returns Its entry; disposing of it says `killed` unless something else was said.
 *
 * @example An agent of one's own
 * ```ts
 * import { registerProcess } from "@zag/cli/agent";
 *
 * await using entry = registerProcess({ provider: "mock", model: "none", command: "nightly" });
 * const agent = new Deno.Command("true", { env: { ...entry.env } }).spawn();
 * entry.onSpawn(agent.pid);
 * const { code } = await agent.status;
 * entry.updateStatus("exited", code);
 * ```
 */
export function registerProcess(options: ProcessToRegister): ProcessRegistration {
  checkArguments("registerProcess()", [options, "options", PROCESS]);
  const { env, now } = realHost();
  const paths = zagPaths(env);
  const procId = crypto.randomUUID();
  const { provider, model, command, promptPreview, sessionId, sessionName, root } = options;
  changeIndex(paths, (store) =>
    store.addProcess({
      id: procId,
      sessionId: sessionId ?? null,
      provider,
      model,
      command,
      prompt: promptPreview ?? null,
      ownerPid: Deno.pid,
      ownerStart: startTimeOf(Deno.pid) ?? null,
      startedAt: now().toISOString(),
      root: root ?? null,
      parentProcessId: env.get("ZAG_PROCESS_ID") ?? null,
      parentSessionId: env.get("ZAG_SESSION_ID") ?? null,
    }));
  let over = false;
  const updateStatus = (status: EndedStatus, exitCode: number | null) => {
    checkArguments("updateStatus()", [status, "status", STATUS], [exitCode, "code", CODE]);
    if (over) return;
    over = true;
    changeIndex(paths, (store) => store.endProcess(procId, { status, exitCode }));
  };
  return {
    procId,
    env: {
      ZAG_PROCESS_ID: procId,
      ZAG_PROVIDER: provider,
      ZAG_MODEL: model,
      ...(sessionId === undefined ? {} : { ZAG_SESSION_ID: sessionId }),
      ...(root === undefined ? {} : { ZAG_ROOT: root }),
      ...(sessionName === undefined ? {} : { ZAG_SESSION_NAME: sessionName }),
    },
    onSpawn: (pid) => {
      checkArguments("onSpawn()", [pid, "pid", NUMBER]);
      const start = startTimeOf(pid) ?? null;
      changeIndex(paths, (store) => store.setProcessAgent(procId, { pid, start, detached: false }));
    },
    updateStatus,
    [Symbol.asyncDispose]: () => Promise.resolve(updateStatus("killed", null)),
  };
}
