/** A minimal client of each protocol, for the tests of the server: valid requests, read answers. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import type { ProtocolName } from "./protocol.ts";
import { parseEvents, type ReceivedEvent } from "./sse.ts";

/** What an answer said, whether it was streamed or not. */
export interface Heard {
  readonly text: string;
  /** Number of pieces that the text came in; 1 when not streamed. */
  readonly deltas: number;
  readonly thinking: string;
  readonly calls: readonly { id: string; name: string; args: unknown }[];
  /** Why the answer ended, in the protocol's word; null when it did not. */
  readonly finish: unknown;
}

export interface Dialect {
  readonly name: ProtocolName;
  readonly headers: Readonly<Record<string, string>>;
  path(stream: boolean): string;
  /** A valid request for an answer to one prompt, with tools of those names on offer. */
  request(prompt: string, stream: boolean, tools?: readonly string[]): Json;
  /** The request that follows: the answer appended, and a result for each of its calls. */
  follow(request: Json, heard: Heard): Json;
  read(answer: Json): Heard;
  readStream(events: readonly ReceivedEvent[]): Heard;
}

const SCHEMA = { type: "object", properties: { command: { type: "string" } } };
const SILENT: Heard = { text: "", deltas: 0, thinking: "", calls: [], finish: null };

const anthropic: Dialect = {
  name: "anthropic",
  headers: { "x-api-key": "k", "anthropic-version": "2023-06-01" },
  path: () => "/v1/messages",
  request: (prompt, stream, tools = []) => ({
    model: "m",
    max_tokens: 100,
    stream,
    messages: [{ role: "user", content: [{ type: "text", text: prompt }] }],
    ...(tools.length ? { tools: tools.map((name) => ({ name, input_schema: SCHEMA })) } : {}),
  }),
  follow: (request, { text, calls }) => ({
    ...request,
    messages: [
      ...list(request.messages),
      {
        role: "assistant",
        content: [
          ...(text ? [{ type: "text", text }] : []),
          ...calls.map(({ id, name, args }) => ({ type: "tool_use", id, name, input: args })),
        ],
      },
      ...(calls.length === 0 ? [] : [{
        role: "user",
        content: calls.map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "ok" })),
      }]),
    ],
  }),
  read: (answer) => {
    const blocks = list(answer.content).map((block) => record(block) ?? {});
    const of = (type: string) => blocks.filter((block) => block.type === type);
    return {
      text: of("text").map((block) => block.text).join(""),
      deltas: of("text").length,
      thinking: of("thinking").map((block) => block.thinking).join(""),
      calls: of("tool_use").map(({ id, name, input }) => call(id, name, input)),
      finish: answer.stop_reason,
    };
  },
  readStream: (events) => {
    const blocks: Json[] = [];
    let deltas = 0;
    let finish: unknown = null;
    for (const { event, data } of events) {
      const { type, index, content_block, delta } = record(data) ?? {};
      if (event !== type) throw new Error(`Event ${event} is of type ${type}`);
      const change = record(delta) ?? {};
      if (type === "content_block_start") blocks[Number(index)] = { ...record(content_block) };
      const block = blocks[Number(index)] ?? {};
      if (change.type === "text_delta") deltas++;
      if (change.type === "text_delta") block.text = `${block.text}${change.text}`;
      if (change.type === "thinking_delta") block.thinking = change.thinking;
      if (change.type === "input_json_delta") {
        block.json = `${block.json ?? ""}${change.partial_json}`;
      }
      if (type === "message_delta") finish = change.stop_reason;
    }
    for (const block of blocks) if (str(block.json)) block.input = JSON.parse(String(block.json));
    return { ...anthropic.read({ content: blocks, stop_reason: finish }), deltas };
  },
};

const openaiResponses: Dialect = {
  name: "openai_responses",
  headers: { authorization: "Bearer k" },
  path: () => "/v1/responses",
  request: (prompt, stream, tools = []) => ({
    model: "m",
    stream,
    input: [{ role: "user", content: [{ type: "input_text", text: prompt }] }],
    tools: tools.map((name) => ({ type: "function", name, parameters: SCHEMA })),
  }),
  follow: (request, { text, calls }) => ({
    ...request,
    input: [
      ...list(request.input),
      ...(text ? [{ role: "assistant", content: [{ type: "output_text", text }] }] : []),
      ...calls.map(({ id, name, args }) => ({
        type: "function_call",
        call_id: id,
        name,
        arguments: JSON.stringify(args),
      })),
      ...calls.map(({ id }) => ({ type: "function_call_output", call_id: id, output: "ok" })),
    ],
  }),
  read: (answer) => {
    const items = list(answer.output).map((item) => record(item) ?? {});
    const texts = (field: string) =>
      items.flatMap((item) => list(item[field]).map((part) => record(part)?.text));
    return {
      text: texts("content").join(""),
      deltas: texts("content").length,
      thinking: texts("summary").join(""),
      calls: items.filter((item) => str(item.call_id)).map((item) =>
        call(item.call_id, item.name, item.input ?? JSON.parse(String(item.arguments)))
      ),
      finish: answer.status,
    };
  },
  readStream: (events) => {
    for (const [index, { event, data }] of events.entries()) {
      const { type, sequence_number } = record(data) ?? {};
      if (event !== type) throw new Error(`Event ${event} is of type ${type}`);
      if (sequence_number !== index) throw new Error(`Event ${index} is number ${sequence_number}`);
    }
    const deltas = events.filter(({ event }) => event === "response.output_text.delta");
    const text = deltas.map(({ data }) => record(data)?.delta).join("");
    const last = record(events.at(-1)?.data);
    const whole = openaiResponses.read(record(last?.response) ?? {});
    return { ...whole, text, deltas: deltas.length };
  },
};

const openaiChat: Dialect = {
  name: "openai_chat",
  headers: { authorization: "Bearer k" },
  path: () => "/v1/chat/completions",
  request: (prompt, stream, tools = []) => ({
    model: "m",
    stream,
    messages: [{ role: "user", content: prompt }],
    ...(tools.length === 0 ? {} : {
      tools: tools.map((name) => ({ type: "function", function: { name, parameters: SCHEMA } })),
    }),
  }),
  follow: (request, { text, calls }) => ({
    ...request,
    messages: [
      ...list(request.messages),
      {
        role: "assistant",
        content: text || null,
        ...(calls.length === 0 ? {} : {
          tool_calls: calls.map(({ id, name, args }) => ({
            id,
            type: "function",
            function: { name, arguments: JSON.stringify(args) },
          })),
        }),
      },
      ...calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "ok" })),
    ],
  }),
  read: (answer) => {
    const choice = record(list(answer.choices)[0]) ?? {};
    const message = record(choice.message) ?? {};
    return {
      text: str(message.content) ?? "",
      deltas: str(message.content) ? 1 : 0,
      thinking: str(message.reasoning_content) ?? "",
      calls: list(message.tool_calls).map((value) => {
        const made = record(record(value)?.function) ?? {};
        return call(record(value)?.id, made.name, JSON.parse(String(made.arguments)));
      }),
      finish: choice.finish_reason,
    };
  },
  readStream: (events) => {
    const choices = events.map(({ data }) => record(list(record(data)?.choices)[0]) ?? {})
      .filter((choice) => choice.delta !== undefined);
    const changes = choices.map((choice) => record(choice.delta) ?? {});
    const texts = changes.flatMap((delta) => str(delta.content) || []);
    const message = {
      content: texts.join(""),
      reasoning_content: changes.map((delta) => delta.reasoning_content ?? "").join(""),
      tool_calls: changes.flatMap((delta) => list(delta.tool_calls)),
    };
    const whole = openaiChat.read({
      choices: [{ message, finish_reason: choices.at(-1)?.finish_reason }],
    });
    return { ...whole, deltas: texts.length };
  },
};

const gemini: Dialect = {
  name: "gemini",
  headers: { "x-goog-api-key": "k" },
  path: (stream) =>
    `/v1beta/models/m:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  request: (prompt, _stream, tools = []) => ({
    contents: [{ role: "user", parts: [{ text: prompt }] }],
    ...(tools.length === 0 ? {} : {
      tools: [{ functionDeclarations: tools.map((name) => ({ name, parameters: SCHEMA })) }],
    }),
  }),
  follow: (request, { text, calls }) => ({
    ...request,
    contents: [
      ...list(request.contents),
      {
        role: "model",
        parts: [
          ...(text ? [{ text }] : []),
          ...calls.map(({ name, args }) => ({ functionCall: { name, args } })),
        ],
      },
      ...(calls.length === 0 ? [] : [{
        role: "user",
        parts: calls.map(({ name }) => ({ functionResponse: { name, response: { ok: true } } })),
      }]),
    ],
  }),
  read: (answer) => {
    const candidate = record(list(answer.candidates)[0]) ?? {};
    const parts = list(record(candidate.content)?.parts).map((part) => record(part) ?? {});
    const texts = parts.filter((part) => str(part.text) && part.thought !== true);
    return {
      text: texts.map((part) => part.text).join(""),
      deltas: texts.length,
      thinking: parts.filter((part) => part.thought === true).map((part) => part.text).join(""),
      calls: parts.flatMap((part) => {
        const made = record(part.functionCall);
        return made === undefined ? [] : [call("", made.name, made.args)];
      }),
      finish: candidate.finishReason ?? null,
    };
  },
  readStream: (events) =>
    events.map(({ data }) => gemini.read(record(data) ?? {})).reduce((sum, next) => ({
      text: sum.text + next.text,
      deltas: sum.deltas + next.deltas,
      thinking: sum.thinking + next.thinking,
      calls: [...sum.calls, ...next.calls],
      finish: next.finish,
    }), SILENT),
};

/** All four, in the order of `ProtocolName`. */
export const dialects: readonly Dialect[] = [anthropic, openaiResponses, openaiChat, gemini];

/** The dialect of that name. */
export function dialect(name: ProtocolName): Dialect {
  const found = dialects.find((known) => known.name === name);
  if (found === undefined) throw new Error(`No dialect "${name}"`);
  return found;
}

/** Posts a JSON body, with the headers of the dialect unless others are given. */
export function post(
  url: string,
  { path, headers }: Pick<Dialect, "path" | "headers">,
  body: unknown,
  stream = false,
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(url + path(stream), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Reads an answer to its end. */
export async function hear(dialect: Dialect, response: Response): Promise<Heard> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    return dialect.read(await response.json());
  }
  return dialect.readStream(parseEvents(await response.text()));
}

function call(id: unknown, name: unknown, args: unknown) {
  return { id: String(id), name: String(name), args };
}
