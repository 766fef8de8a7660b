/** What can go wrong between the agent and a server, in words that say what to do about it. */
import { ZagError } from "../../errors.ts";
import { record, str } from "../json.ts";
import { SERVER_ADVICE } from "./address.ts";
import type { OllamaRefusal } from "./protocol.ts";

/** A server that cannot be used, or that refused. */
export class OllamaError extends ZagError {
  override name = "OllamaError";
  /** What the server said; null where the failure is not its own. */
  readonly refusal: OllamaRefusal | null;

  constructor(message: string, refusal: OllamaRefusal | null = null) {
    super(message);
    this.refusal = refusal;
  }
}

/** A server that nothing could be asked of. */
export class UnreachableError extends OllamaError {
  override name = "UnreachableError";
}

/** No connection came about. */
export function unreachable(address: string, error: unknown): UnreachableError {
  if (error instanceof Deno.errors.NotCapable) {
    return new UnreachableError(
      `Cannot reach Ollama at ${address}: Deno does not allow it; start zag with ` +
        `--allow-net=${hostOf(address)}`,
    );
  }
  return new UnreachableError(
    `Cannot reach Ollama at ${address}: ${reasonOf(error)}; ${SERVER_ADVICE}`,
  );
}

/** No connection came about, though there was one before. */
export function lost(address: string, error: unknown): OllamaError {
  return new OllamaError(unreachable(address, error).message);
}

/** Somebody answered who is no Ollama server. */
export function notOllama(address: string, status: number, body: string): OllamaError {
  return new OllamaError(
    `Cannot use ${address}: what answers there is no Ollama server (HTTP ${status}${
      body.trim() === "" ? "" : `, ${excerpt(body)}`
    }); set OLLAMA_HOST to the address of one`,
  );
}

/** The server lacks what every version of the last years has. */
export function tooOld(address: string): OllamaError {
  return new OllamaError(
    `Cannot use Ollama at ${address}: it is too old; install a current version from ` +
      "https://ollama.com/download",
  );
}

/** The server sent something that is no JSON. */
export function unreadable(address: string, text: string): OllamaError {
  return new OllamaError(`Cannot read the answer of Ollama at ${address}: ${excerpt(text)}`);
}

/** The answer ended without its last line. */
export function cutOff(address: string): OllamaError {
  return new OllamaError(
    `Ollama at ${address} ended its answer before it was complete; see its log, and try again`,
  );
}

/** The connection broke. */
export function broken(address: string, error: unknown): OllamaError {
  return new OllamaError(
    `The connection to Ollama at ${address} broke during the answer: ${reasonOf(error)}; see the ` +
      "log of the server, and try again",
  );
}

/** Ways out of what servers are known to say. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /more system memory|out of memory|insufficient memory|cudaMalloc/i,
    "choose a smaller model with --size or -m, or a smaller OLLAMA_CONTEXT_LENGTH",
  ],
  [
    /context (length|size)/i,
    "shorten the prompt, begin a new session, or raise OLLAMA_CONTEXT_LENGTH",
  ],
  [/unmarshal .*format/i, "it is too old for JSON schemas; install a current version"],
  [/unauthorized/i, 'sign in with "ollama signin"'],
  // The model that a request names is missing only for a name that cannot be one.
  [/model is required|model name|unqualified name/i, 'choose a model that "ollama list" shows'],
];

/**
 * The server said no.
 *
 * @param status Undefined when it did so in the middle of an answer.
 * @param body JSON with an `error`, or whatever else came.
 */
export function refusedByServer(
  address: string,
  status: number | undefined,
  body: string,
  model: string,
): OllamaError {
  const said = errorIn(body);
  const refusal: OllamaRefusal = { status: status ?? null, error: said };
  if (status === 404 && /not found/i.test(said)) {
    return new OllamaError(
      `Cannot use model "${model}": Ollama at ${address} does not have it; get it with ` +
        `"ollama pull ${model}", or choose another with -m or --size`,
      refusal,
    );
  }
  const advice = ADVICE.find(([pattern]) => pattern.test(said))?.[1];
  return new OllamaError(
    `Cannot get an answer from Ollama at ${address}: ${said}` +
      (status === undefined ? "" : ` (HTTP ${status})`) +
      (advice === undefined ? "" : `; ${advice}`),
    refusal,
  );
}

/** The `error` of a body; it can hold another body, of the program that runs the model. */
function errorIn(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body.trim() === "" ? "it gave no reason" : excerpt(body);
  }
  const error = record(value)?.error;
  const inner = str(record(error)?.message) ?? str(error);
  if (inner === undefined) return excerpt(body);
  return inner.startsWith("{") ? errorIn(inner) : inner;
}

function excerpt(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return JSON.stringify(line.length > 200 ? `${line.slice(0, 200)}...` : line);
}

function hostOf(address: string): string {
  const { hostname, port, protocol } = new URL(address);
  return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it does not answer";
  if (error instanceof TypeError && /invalid url/i.test(error.message)) {
    return "that is no address";
  }
  const cause = error.cause instanceof Error ? error.cause.message : error.message;
  return /connection refused/i.test(cause) ? "nobody answers there" : cause;
}
