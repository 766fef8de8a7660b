/** Refuses what a program has said and what cannot be meant, before anything is started. */
import { checkId } from "../config/paths.ts";
import type { AgentOptions } from "./agent_options.ts";
import type { AgentCall, Method } from "./call_agent.ts";
import { checkNames, checkTypes } from "./option_types.ts";
import { wrongName, wrongTag } from "../sessions/found_by.ts";
import { TEXT } from "./argument_check.ts";
import { ExitModeError, InvalidOptionError, UnsupportedOptionError } from "./errors.ts";

/** What is true of each method that runs an agent. */
interface MethodTraits {
  /** Without a terminal for it: the agent is asked something, and answers. */
  readonly asks: boolean;
  /** Its answer can be one value. */
  readonly answersOnce: boolean;
  /** It hands out events while they happen. */
  readonly streams: boolean;
  /** There is nothing to do without a prompt. */
  readonly needsPrompt: boolean;
}

const ASKS: MethodTraits = { asks: true, answersOnce: true, streams: false, needsPrompt: true };
const RUNS: MethodTraits = { asks: false, answersOnce: false, streams: false, needsPrompt: false };

const METHODS: Readonly<Record<Method, MethodTraits>> = {
  exec: ASKS,
  resumeWithPrompt: ASKS,
  stream: { ...ASKS, streams: true },
  execStreaming: { asks: true, answersOnce: false, streams: true, needsPrompt: false },
  run: RUNS,
  runForResult: { ...RUNS, answersOnce: true },
  resume: RUNS,
  continueLast: RUNS,
};

/** Whether a method asks an agent, which then has no terminal. */
export function isAsking(method: Method): boolean {
  return METHODS[method].asks;
}

/**
 * Refuses what contradicts itself.
 *
 * @throws {InvalidOptionError} when a value cannot be used, or contradicts another one
 * @throws {UnsupportedOptionError} when the method cannot honour a setting
 */
export function refuse(options: AgentOptions, call: AgentCall): void {
  refuseValues(options);
  refusePrompt(call);
  if (call.resume && "id" in call.resume) TEXT(call.resume.id, "id", `${call.method}()`);
  const asking = options.onPermission ? "onPermission" : options.askCommand && "askCommand";
  if (asking && options.permissions === undefined) {
    throw new InvalidOptionError(
      `Cannot use ${asking} without permissions: those say what somebody is asked about`,
    );
  }
  if (typeof options.sessionLog === "object" && options.sessionId !== undefined) {
    throw new InvalidOptionError(
      "Cannot use sessionId with a log of its own: it is that of the log",
    );
  }
  refuseForMethod(options, call);
}

/**
 * Refuses values that mean nothing, and settings that do not exist.
 *
 * @throws {InvalidOptionError}
 */
export function refuseValues(options: AgentOptions): void {
  checkTypes(options);
  checkNames(options);
  count("maxTurns", options.maxTurns, 1);
  count("jsonRetries", options.jsonRetries, 0);
  oneOf("outputFormat", options.outputFormat, [
    "text",
    "json",
    "json-pretty",
    "stream-json",
    "native-json",
  ]);
  oneOf("inputFormat", options.inputFormat, ["text", "stream-json"]);
  const { sessionLog, sessionId } = options;
  if (typeof sessionLog !== "object") oneOf("sessionLog", sessionLog, ["off", "auto"]);
  for (const [name, value] of Object.entries(options.env ?? {})) checkVariable(name, value);
  checkText("name", options.name, wrongName);
  for (const tag of options.tags ?? []) checkText("tag", tag, wrongTag);
  if (sessionId === undefined) return;
  checkId(sessionId);
  if (!UUID.test(sessionId)) {
    throw new InvalidOptionError(
      `Cannot use sessionId ${JSON.stringify(sessionId)}: it must be a UUID`,
      { hint: "crypto.randomUUID() makes one; name() is for names" },
    );
  }
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

function refusePrompt({ method, prompt, more }: AgentCall): void {
  const isMissing = METHODS[method].needsPrompt && prompt === undefined && more === undefined;
  if (isMissing || (prompt !== undefined && typeof prompt !== "string")) {
    throw new InvalidOptionError(`Cannot run a prompt that is ${typeof prompt}: it must be text`);
  }
  if (prompt?.trim() === "") throw new InvalidOptionError("Cannot run an empty prompt");
}

/** Refuses settings that the method has no use for. */
function refuseForMethod(options: AgentOptions, { method, prompt, resume }: AgentCall): void {
  const { provider = "", outputFormat } = options;
  const { asks, answersOnce, streams } = METHODS[method];
  if (options.exit !== undefined && asks) {
    throw new ExitModeError(
      "exit",
      provider,
      `Cannot use exit in ${method}(): what the agent answers is the result anyway`,
      "exit is for run() and runForResult()",
      method,
    );
  }
  const told = prompt !== undefined || resume !== undefined || options.plan !== undefined ||
    (options.files?.length ?? 0) + (options.context?.length ?? 0) > 0;
  const json = options.jsonSchema !== undefined ? "jsonSchema" : options.json ? "json" : "";
  const isRaw = outputFormat === "text" || outputFormat === "native-json";
  const rows: readonly (readonly [feature: string | undefined, isWrong: boolean, hint: string])[] =
    [
      [json, asks && !answersOnce, "several messages have several answers; use exec()"],
      [
        json,
        !asks && !answersOnce && options.exit === undefined,
        "use exec(), or exit(), which has the agent hand in a result",
      ],
      [options.headless ? "headless" : "", asks, "only interactive agents have a terminal"],
      [
        outputFormat && "outputFormat",
        !asks,
        "an interactive agent shows an interface of its own",
      ],
      [
        options.permissions && "permissions",
        !asks,
        "an interactive agent asks the person at its terminal by itself",
      ],
      [isRaw ? `outputFormat ${outputFormat}` : "", streams, "it has no events; use exec()"],
    ];
  for (const [feature, isWrong, hint] of rows) {
    if (!feature || !isWrong) continue;
    const message = `Cannot use ${feature} in ${method}()`;
    throw new UnsupportedOptionError(feature, provider, message, hint, method);
  }
  if (options.headless && !told) {
    throw new InvalidOptionError(
      "Cannot use headless without a prompt: there would be nothing to do",
    );
  }
}

function count(option: string, value: number | undefined, least: number): void {
  if (value === undefined || Number.isSafeInteger(value) && value >= least) return;
  throw new InvalidOptionError(
    `Cannot use ${option} ${value}: it must be a whole number, at least ${least}`,
  );
}

function oneOf(option: string, value: unknown, values: readonly string[]): void {
  if (value === undefined || (typeof value === "string" && values.includes(value))) return;
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new InvalidOptionError(
    `Cannot use ${option} ${shown}: it must be one of ${values.join(", ")}`,
  );
}

/**
 * Refuses a text that cannot be used, and why.
 *
 * @throws {InvalidOptionError}
 */
export function checkText(
  option: string,
  text: string | undefined,
  wrong: (text: string) => string | undefined,
): void {
  const why = text === undefined ? undefined : wrong(text);
  if (why === undefined) return;
  throw new InvalidOptionError(`Cannot use ${JSON.stringify(text)} as ${option}: ${why}`);
}

/**
 * Refuses what can be no variable. No error shows its value.
 *
 * @throws {InvalidOptionError}
 */
export function checkVariable(name: string, value: unknown): void {
  const cannot = `Cannot use env ${JSON.stringify(name)}`;
  if (name === "" || /[=\0]/.test(name)) {
    throw new InvalidOptionError(`${cannot}: it is no name of a variable`);
  }
  if (typeof value !== "string") {
    throw new InvalidOptionError(`${cannot}: its value is ${typeof value}, and must be text`);
  }
}
