/**
 * An Ollama server for tests, on this machine: its answers are scripted, and it refuses what the
 * real one refuses.
 */

/** A model that the server has. */
export interface OllamaModel {
  /** With its tag. */
  name: string;
  /** The longest context. @default 262144 */
  longest?: number;
  /** As in a Modelfile, for example `num_ctx 8192`. */
  parameters?: string;
  /** It thinks before it answers. @default true */
  thinks?: boolean;
  /** With which context it is loaded; absent when it is not. */
  loaded?: number;
  /** Runs elsewhere. */
  remote?: boolean;
}

/** What the server says to one request for an answer. */
export interface OllamaAnswer {
  thinking?: readonly string[];
  text?: readonly string[];
  /** @default "stop" */
  doneReason?: string;
  /** Counters of the last line. @default prompt_eval_count 11, eval_count 5 */
  counts?: Record<string, number>;
  /** Refuse with this status and `error`. */
  status?: number;
  /** Without a status: a line in the middle of the answer, behind `text`. */
  error?: string;
  /** Instead of JSON. */
  body?: string;
  /** What happens behind `text` in the place of a good end. */
  then?: "cut" | "end" | "hang";
}

/** A request as the server saw it. */
export interface OllamaRequest {
  method: string;
  path: string;
  // deno-lint-ignore no-explicit-any -- JSON that tests look into
  body: any;
  /** The client went away before the answer was complete. */
  aborted: boolean;
}

/** How the server is. */
export interface OllamaServerOptions {
  /** @default the default model of zag */
  models?: readonly OllamaModel[];
  /** @default "0.40.12" */
  version?: string;
  /** Answers requests for an answer, counted from 0. @default repeats the last message */
  answer?(body: OllamaRequest["body"], index: number): OllamaAnswer;
  /** Answers in the place of everything else; null lets the server answer. */
  instead?(path: string): Response | null;
}

/** A server that runs. */
export interface OllamaServer extends AsyncDisposable {
  /** As `OLLAMA_HOST` takes it: `127.0.0.1:PORT`. */
  readonly host: string;
  /** As messages show it. */
  readonly address: string;
  readonly requests: OllamaRequest[];
  /** The bodies of requests for an answer. */
  // deno-lint-ignore no-explicit-any -- JSON that tests look into
  readonly asked: any[];
}

const POSTED: readonly string[] = ["/api/show", "/api/chat"];

/** Characters that make up one token here. */
const TOKEN = 4;

/** Starts a server. */
export function startOllamaServer(options: OllamaServerOptions = {}): OllamaServer {
  const server = new Server(options);
  return server;
}

class Server implements OllamaServer {
  readonly requests: OllamaRequest[] = [];
  readonly #options: OllamaServerOptions;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  readonly #stopped = Promise.withResolvers<void>();

  constructor(options: OllamaServerOptions) {
    this.#options = options;
    this.#http = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError: () => new Response() },
      (request) => this.#serve(request),
    );
  }

  get host(): string {
    return `127.0.0.1:${this.#http.addr.port}`;
  }

  get address(): string {
    return `http://${this.host}`;
  }

  get asked() {
    return this.requests.filter(({ path }) => path === "/api/chat").map(({ body }) => body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.resolve();
    await this.#http.shutdown();
  }

  async #serve(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    const text = await request.text();
    const record: OllamaRequest = { method: request.method, path, body: text, aborted: false };
    this.requests.push(record);
    const instead = this.#options.instead?.(path);
    if (instead) return instead;
    switch (`${request.method} ${path}`) {
      case "GET /api/version":
        return Response.json({ version: this.#options.version ?? "0.40.12" });
      case "GET /api/tags":
        return Response.json({ models: this.#models.map(listed) });
      case "GET /api/ps":
        return Response.json({
          models: this.#models.filter(({ loaded }) => loaded !== undefined).map((model) => ({
            ...listed(model),
            context_length: model.loaded,
          })),
        });
      case "POST /api/show":
      case "POST /api/chat": {
        if (text === "") return refuse(400, "missing request body");
        try {
          record.body = JSON.parse(text);
        } catch {
          return refuse(400, "invalid character in the request body");
        }
        return path === "/api/show" ? this.#show(record.body) : this.#chat(record);
      }
    }
    if (POSTED.includes(path)) return new Response("405 method not allowed", { status: 405 });
    return new Response("404 page not found", { status: 404 });
  }

  get #models(): readonly OllamaModel[] {
    return this.#options.models ?? [{ name: "qwen3.5:9b" }];
  }

  #find(name: string): OllamaModel | undefined {
    const full = name.includes(":") ? name : `${name}:latest`;
    return this.#models.find((model) => model.name === full);
  }

  #show(body: OllamaRequest["body"]): Response {
    if (typeof body.model !== "string" || body.model === "") {
      return refuse(400, "model is required");
    }
    const model = this.#find(body.model);
    if (!model) return refuse(404, `model '${body.model}' not found`);
    return Response.json({
      ...(model.parameters === undefined ? {} : { parameters: model.parameters }),
      ...(model.remote ? { remote_model: model.name, remote_host: "https://ollama.com:443" } : {}),
      details: { family: "qwen35", parameter_size: "9.7B", quantization_level: "Q4_K_M" },
      model_info: {
        "general.architecture": "qwen35",
        "qwen35.context_length": model.longest ?? 262_144,
      },
      capabilities: ["completion", "tools", ...(model.thinks === false ? [] : ["thinking"])],
    });
  }

  #chat(record: OllamaRequest): Response {
    const { body } = record;
    const wrong = wrongBody(body);
    if (wrong) return wrong;
    if (!body.model) return refuse(400, "model is required");
    const model = this.#find(body.model);
    if (!model) return refuse(404, `model '${body.model}' not found`);
    if (body.think && model.thinks === false) {
      return refuse(400, `"${body.model}" does not support thinking`);
    }
    const window = Math.min(body.options?.num_ctx ?? 4096, model.longest ?? 262_144);
    const length = body.messages.reduce(
      (sum: number, { content }: { content: string }) => sum + content.length,
      0,
    );
    // With `shift` on, the real one leaves something out and says nothing.
    if (body.shift === false && length / TOKEN >= window) {
      return refuse(
        400,
        "the prompt is longer than the context length currently available to the model; shorten " +
          "the prompt, adjust the context length in settings, or use a model with a longer " +
          "context length",
      );
    }
    const index = this.asked.length - 1;
    const answer = this.#options.answer?.(body, index) ??
      { text: [`You said: ${body.messages.at(-1).content}`] };
    if (answer.status !== undefined) {
      if (answer.body !== undefined) return new Response(answer.body, { status: answer.status });
      return refuse(answer.status, answer.error ?? "");
    }
    return new Response(this.#stream(answer, body.model, record), {
      headers: { "content-type": "application/x-ndjson" },
    });
  }

  #stream(
    answer: OllamaAnswer,
    model: string,
    record: OllamaRequest,
  ): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const lines: unknown[] = [];
    const say = (message: Record<string, string>) =>
      lines.push({ model, created_at: MOMENT, message: { role: "assistant", ...message } });
    for (const thinking of answer.thinking ?? []) say({ content: "", thinking });
    for (const content of answer.text ?? []) say({ content });
    const chunks = lines.map((line) => JSON.stringify({ ...line as object, done: false }) + "\n");
    if (answer.body !== undefined) chunks.push(answer.body);
    else if (answer.error !== undefined) {
      chunks.push(`${JSON.stringify({ error: answer.error })}\n`);
    } else if (answer.then === undefined) chunks.push(lastLine(answer, model));
    return new ReadableStream({
      pull: async (controller) => {
        const chunk = chunks.shift();
        if (chunk !== undefined) return controller.enqueue(encoder.encode(chunk));
        if (answer.then === "cut") return controller.error(new Error("cut"));
        if (answer.then === "hang") await this.#stopped.promise;
        controller.close();
      },
      cancel: () => {
        record.aborted = true;
      },
    });
  }
}

const MOMENT = "2026-11-21T12:00:00.000000Z";

function lastLine({ doneReason = "stop", counts }: OllamaAnswer, model: string): string {
  return `${
    JSON.stringify({
      model,
      created_at: MOMENT,
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: doneReason,
      total_duration: 1_500_000_000,
      load_duration: 200_400_000,
      prompt_eval_duration: 300_000_000,
      eval_duration: 900_000_000,
      ...(counts ?? { prompt_eval_count: 11, prompt_eval_cached_count: 3, eval_count: 5 }),
    })
  }\n`;
}

function listed({ name }: OllamaModel) {
  return { name, model: name, size: 6_600_000_000, digest: "sha256:0", details: {} };
}

function refuse(status: number, error: string): Response {
  return Response.json({ error }, { status });
}

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === "string";
const isBoolean: Check = (value) => typeof value === "boolean";
const isObject: Check = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Go types of the fields; a value of another one cannot be unmarshalled. Others are ignored. */
const FIELDS: Readonly<Record<string, readonly [type: string, check: Check]>> = {
  model: ["string", isString],
  messages: ["[]api.Message", (value) => Array.isArray(value) && value.every(isObject)],
  stream: ["bool", isBoolean],
  truncate: ["bool", isBoolean],
  shift: ["bool", isBoolean],
  options: ["map[string]interface {}", isObject],
};

/** How the real server refuses a body with a wrong type; undefined for a good one. */
function wrongBody(body: OllamaRequest["body"]): Response | undefined {
  if (!isObject(body)) {
    return refuse(
      400,
      `json: cannot unmarshal ${kindOf(body)} into Go value of type api.ChatRequest`,
    );
  }
  for (const [name, [type, check]] of Object.entries(FIELDS)) {
    if (body[name] != null && !check(body[name])) return unmarshal(name, body[name], type);
  }
  for (const message of body.messages ?? []) {
    for (const name of ["role", "content"]) {
      if (message[name] != null && !isString(message[name])) {
        return unmarshal(`messages.${name}`, message[name], "string");
      }
    }
  }
  const { think, format } = body;
  const context = body.options?.num_ctx;
  if (think != null && !isBoolean(think) && !["high", "medium", "low"].includes(think)) {
    return refuse(400, `invalid think value: ${JSON.stringify(think)}`);
  }
  if (context != null && typeof context !== "number") {
    return refuse(500, 'option "num_ctx" must be of type integer');
  }
  if (format != null && format !== "" && format !== "json" && !isObject(format)) {
    const shown = JSON.stringify(JSON.stringify(format));
    return refuse(500, `invalid format: ${shown}; expected "json" or a valid JSON Schema object`);
  }
  return undefined;
}

function unmarshal(field: string, value: unknown, type: string): Response {
  const target = `Go struct field ChatRequest.${field} of type ${type}`;
  return refuse(400, `json: cannot unmarshal ${kindOf(value)} into ${target}`);
}

function kindOf(value: unknown): string {
  if (typeof value === "boolean") return "bool";
  return Array.isArray(value) ? "array" : typeof value;
}
