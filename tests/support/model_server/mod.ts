/**
 * A scripted model server on the loopback interface. It speaks the model APIs of the agent command
 * lines, well enough that they complete whole turns without account or network, and refuses what
 * the real APIs refuse.
 *
 * | API | path | agent |
 * |---|---|---|
 * | Anthropic Messages | `POST .../messages`, `.../messages/count_tokens` | claude |
 * | OpenAI Responses | `POST .../responses` | codex |
 * | OpenAI Chat Completions | `POST .../chat/completions` | copilot, own provider |
 * | Gemini | `POST .../models/MODEL:generateContent` and its kin | gemini |
 *
 * The script travels in the prompt, see `script.ts`. Where it is not certain that the real API
 * refuses something, this server answers.
 *
 * @module
 */

import { record as asRecord } from "../../../src/providers/json.ts";
import {
  halfBody,
  json,
  type JsonAnswer,
  type Move,
  playMoves,
  type StreamAnswer,
} from "./answer.ts";
import { type Plan, planAnswer, type Step } from "./plan.ts";
import type { ApiRequest } from "./protocol.ts";
import { Refusal } from "./refusal.ts";
import { RequestBook, type RequestRecord } from "./requests.ts";
import { type Route, routeRequest } from "./routes.ts";

export type { RequestRecord } from "./requests.ts";

export interface ModelServerOptions {
  /** Default: 0, any free port. */
  readonly port?: number;
  /** The answer to every prompt without a script; default: `STUB:` and the prompt's beginning. */
  readonly reply?: string;
  /** Answers the OpenAI protocols without a key, as local servers do. Default: false. */
  readonly keyless?: boolean;
  /**
   * So many requests of agents at work are refused because a quota is used up, which is there again so
   * many seconds later; then all is as ever. `after` so many that are answered. Default: none.
   */
  readonly limits?: { readonly times: number; readonly secs: number; readonly after?: number };
  /** Hears of every request when its answer begins, and again when the answer has ended. */
  readonly log?: (record: RequestRecord) => void;
}

export interface ModelServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** All requests so far in the order of arrival; a client that has its answer finds itself here. */
  readonly requests: readonly RequestRecord[];
  /**
   * The first request that satisfies the test, now or later.
   *
   * @param timeoutMs default: 60,000; then it rejects with the list of what was seen
   */
  until(test: (record: RequestRecord) => boolean, timeoutMs?: number): Promise<RequestRecord>;
  /** Ends all answers that are still under way, then the server. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a model server on 127.0.0.1. */
export function startModelServer(options: ModelServerOptions = {}): ModelServer {
  const book = new RequestBook(options.log);
  const closing = new AbortController();
  let arrived = 0;
  let left = options.limits?.times ?? 0;
  let before = options.limits?.after ?? 0;
  const limited = (step: Step, tools: number): Step => {
    // An agent asks for a title, and the like, without any tools.
    if (left === 0 || tools === 0 || before-- > 0) return step;
    left--;
    const resetSecs = options.limits!.secs;
    return { ...step, plan: { kind: "error", status: 429, quota: true, resetSecs } };
  };
  const server = Deno.serve(
    { port: options.port ?? 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => respond(request, ++arrived, { ...options, limited }, book, closing.signal),
  );
  const { port } = server.addr;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests: book.records,
    until: (test, timeoutMs = 60_000) => book.until(test, timeoutMs),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await server.shutdown();
    },
  };
}

async function respond(
  request: Request,
  number: number,
  options: AnswerOptions,
  book: RequestBook,
  closing: AbortSignal,
): Promise<Response> {
  const url = new URL(request.url);
  const route = routeRequest(request.method, url, request.headers);
  const { protocol } = route;
  const { text, bytes } = await readBody(request, protocol.maxBodyBytes);
  const body = decode(text);
  const given = asRecord(body) ?? {};
  const outcome = answer(request, url, route, { text, body }, options);
  const record: RequestRecord = {
    number,
    method: request.method,
    path: url.pathname + url.search,
    protocol: protocol.name,
    headers: Object.fromEntries(request.headers),
    body,
    bytes,
    model: protocol.model(given, url),
    stream: protocol.streams(given, url),
    tools: protocol.tools(given).map((tool) => tool.name),
    format: protocol.format(given),
    step: outcome.step?.step ?? null,
    directive: outcome.step?.directive ?? "",
    status: outcome.answer.kind === "json" ? outcome.answer.status : 200,
    refusal: outcome.refusal,
    end: null,
  };
  book.add(record);
  return toResponse(outcome.answer, outcome.step?.plan, record, book, closing);
}

/** What the answers depend on besides the request. */
interface AnswerOptions extends ModelServerOptions {
  /** The step in its turn, or a refusal while there are some left. */
  limited(step: Step, tools: number): Step;
}

interface Outcome {
  readonly answer: JsonAnswer | StreamAnswer;
  readonly step: Step | null;
  readonly refusal: string | null;
}

function answer(
  request: Request,
  url: URL,
  { protocol, action }: Route,
  { text, body }: { text: string | null; body: unknown },
  { keyless = false, reply, limited }: AnswerOptions,
): Outcome {
  const { method, headers } = request;
  try {
    if (action === "unknown") throw protocol.unknownPath(method, url.pathname);
    if (action === "wrong_method") throw protocol.wrongMethod(method, url.pathname);
    const free = keyless && protocol.spokenWithoutKeys;
    if (!free && !protocol.hasKey(headers, url)) throw protocol.noKey();
    if (action === "models") {
      return { answer: json(protocol.modelList()), step: null, refusal: null };
    }
    if (text === null) throw protocol.tooLarge();
    const object = asRecord(body);
    if (object === undefined) throw protocol.badJson();
    const api: ApiRequest = { url, headers, body: object, countOnly: action === "count" };
    protocol.check(api);
    if (api.countOnly) return { answer: json(protocol.tokenCount()), step: null, refusal: null };
    const tools = protocol.tools(object);
    const planned = planAnswer(protocol.conversation(object), tools, reply);
    const step = limited(planned, tools.length);
    return { answer: protocol.answer(api, step.plan), step, refusal: null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { answer: protocol.refuse(error), step: null, refusal: error.message };
  }
}

function toResponse(
  answer: JsonAnswer | StreamAnswer,
  plan: Plan | undefined,
  record: RequestRecord,
  book: RequestBook,
  closing: AbortSignal,
): Response {
  const textPlan = plan?.kind === "text" ? plan : undefined;
  const holdMs = textPlan?.holdMs ?? 0;
  const cut = textPlan?.cut ?? false;
  const headers = new Headers(answer.headers);
  if (answer.kind === "json" && holdMs === 0 && !cut) {
    book.end(record, "sent");
    return Response.json(answer.body, { status: answer.status, headers });
  }
  const streamed = answer.kind === "stream";
  headers.set("content-type", streamed ? "text/event-stream" : "application/json");
  const moves = streamed
    ? answer.moves
    : cut
    ? halfBody(answer.body, textPlan?.pauseMs ?? 0)
    : [JSON.stringify(answer.body)];
  const body = playMoves(held(holdMs, moves), closing, (end) => book.end(record, end));
  return new Response(body, { headers });
}

function* held(ms: number, moves: Iterable<Move | string>): Generator<Move | string> {
  if (ms > 0) yield { kind: "pause", ms };
  yield* moves;
}

/** The whole body; no text when it is above the limit. A body too large is drained, not kept. */
async function readBody(
  request: Request,
  limit: number,
): Promise<{ text: string | null; bytes: number }> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    text = bytes > limit ? "" : text + decoder.decode(chunk, { stream: true });
  }
  return { text: bytes > limit ? null : text + decoder.decode(), bytes };
}

function decode(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
