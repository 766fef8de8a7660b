/** Talks to an Ollama server over HTTP. */
import { directClient } from "../../direct_client.ts";
import { LineSplitter } from "../../processes/lines.ts";
import { type Json, list, num, record, str } from "../json.ts";
import {
  broken,
  lost,
  notOllama,
  refusedByServer,
  tooOld,
  unreachable,
  unreadable,
} from "./failures.ts";
import type { ChatMessage } from "./conversation.ts";

/** A server that is up says at once what it knows, whatever its models are doing. */
const ANSWER_LIMIT_MS = 5000;

/** The request for an answer. */
export interface ChatRequest {
  model: string;
  messages: readonly ChatMessage[];
  /** Undefined leaves the choice to the server. */
  contextLength: number | undefined;
  /** A JSON schema that the answer has to match. One that is no object cannot be said to Ollama. */
  schema: unknown;
}

/** What a server tells of a model. */
export interface ModelInfo {
  /** The longest context that it can have, in tokens. */
  longest: number | undefined;
  /** The context that its own parameters ask for. */
  own: number | undefined;
  /** It runs in the cloud: how long its context is, is not for us to say. */
  remote: boolean;
}

/** One server. Everything that goes wrong is an `OllamaError`. */
export class OllamaClient {
  readonly address: string;
  readonly #limitMs: number;
  #http: Deno.HttpClient | undefined;

  /**
   * @param address As `ollamaAddress` gives it.
   * @param limitMs How long a server may take for what it knows.
   */
  constructor(address: string, limitMs: number = ANSWER_LIMIT_MS) {
    this.address = address;
    this.#limitMs = limitMs;
  }

  /** The server's version; the first request to make, since it tells whether anybody is there. */
  async version(): Promise<string> {
    const { status, body } = await this.#ask("GET", "/api/version");
    const version = str(parsed(body)?.version);
    if (status !== 200 || version === undefined) throw notOllama(this.address, status, body);
    return version;
  }

  /** What there is to know about a model; undefined when the server does not tell. */
  async show(model: string): Promise<ModelInfo | undefined> {
    const answer = await this.#ask("POST", "/api/show", { model }).catch(() => undefined);
    const info = parsed(answer?.body ?? "");
    if (answer?.status === 404) {
      throw info ? refusedByServer(this.address, 404, answer.body, model) : tooOld(this.address);
    }
    if (answer?.status !== 200 || !info) return undefined;
    const facts = record(info.model_info);
    const parameter = /^num_ctx\s+(\d+)\s*$/m.exec(str(info.parameters) ?? "");
    return {
      longest: num(facts?.[`${str(facts["general.architecture"])}.context_length`]),
      own: parameter ? Number(parameter[1]) : undefined,
      remote: str(info.remote_model) !== undefined || /[:-]cloud$/.test(model),
    };
  }

  /** The context with which a model is loaded; undefined when it is not, or nobody tells. */
  async loadedContext(model: string): Promise<number | undefined> {
    const answer = await this.#ask("GET", "/api/ps").catch(() => undefined);
    const wanted = withTag(model);
    const loaded = list(parsed(answer?.body ?? "")?.models).map(record).find((entry) =>
      withTag(str(entry?.model) ?? str(entry?.name) ?? "") === wanted
    );
    return num(loaded?.context_length);
  }

  /**
   * The objects of an answer, as they arrive; the last one has `done`. Leaving the loop early ends
   * the request, and with it the work of the server.
   */
  async *chat(request: ChatRequest): AsyncGenerator<Json> {
    const { model, messages, contextLength, schema } = request;
    const body = {
      model,
      messages,
      stream: true,
      // What does not fit shall be refused; by default its beginning or middle is left out unsaid.
      truncate: false,
      shift: false,
      ...(contextLength === undefined ? {} : { options: { num_ctx: contextLength } }),
      ...(record(schema) ? { format: schema } : {}),
    };
    const response = await this.#fetch("POST", "/api/chat", body).catch((error) => {
      // It has answered before.
      throw lost(this.address, error);
    });
    if (!response.ok || !response.body) {
      const said = await response.text().catch(() => "");
      if (response.status === 404 && !parsed(said)) throw tooOld(this.address);
      throw refusedByServer(this.address, response.status, said, model);
    }
    for await (const line of this.#lines(response.body)) {
      if (line.trim() === "") continue;
      const item = parsed(line);
      if (!item) throw unreadable(this.address, line);
      if (item.error !== undefined) throw refusedByServer(this.address, undefined, line, model);
      yield item;
    }
  }

  close(): void {
    this.#http?.close();
  }

  async *#lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
    const splitter = new LineSplitter();
    const reader = body.getReader();
    try {
      while (true) {
        const { done, value } = await reader.read().catch((error) => {
          throw broken(this.address, error);
        });
        if (done) break;
        yield* splitter.push(value);
      }
      const last = splitter.end();
      if (last !== undefined) yield last;
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  /** Asks for something that is known at once, so a server that does not tell is not waited for. */
  async #ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: string }> {
    try {
      const signal = AbortSignal.timeout(this.#limitMs);
      const response = await this.#fetch(method, path, body, { signal });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      throw unreachable(this.address, error);
    }
  }

  async #fetch(
    method: string,
    path: string,
    body: unknown,
    init: RequestInit & { client?: Deno.HttpClient } = {},
  ): Promise<Response> {
    const url = new URL(this.address + path);
    this.#http ??= directClient(url);
    init.method = method;
    if (this.#http) init.client = this.#http;
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { "content-type": "application/json" };
    }
    return await fetch(url, init);
  }
}

function parsed(text: string): Json | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** A name without a tag means its `latest`. */
function withTag(model: string): string {
  return /:[^/]*$/.test(model) ? model : `${model}:latest`;
}
