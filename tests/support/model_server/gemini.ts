/** Gemini: `POST /v1beta/models/MODEL:generateContent`, `:streamGenerateContent`, `:countTokens`. */

import { type Json, list, record, str } from "../../../src/providers/json.ts";
import { event, json, type JsonAnswer, type Move, type StreamAnswer, textMoves } from "./answer.ts";
import { readContents } from "./conversation.ts";
import { checkGemini } from "./gemini_checks.ts";
import type { ErrorPlan, Plan } from "./plan.ts";
import { type ApiRequest, freshId, type Protocol } from "./protocol.ts";
import { Refusal } from "./refusal.ts";
import { jsonTool } from "./tools.ts";

const USAGE = { promptTokenCount: 12, candidatesTokenCount: 5, totalTokenCount: 17 };

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

export const gemini: Protocol = {
  name: "gemini",
  maxBodyBytes: Infinity,
  spokenWithoutKeys: false,
  hasKey: (headers, url) =>
    Boolean(
      headers.get("x-goog-api-key") || url.searchParams.get("key") || headers.get("authorization"),
    ),
  noKey: () =>
    new Refusal(
      403,
      "PERMISSION_DENIED",
      "Method doesn't allow unregistered callers (callers without established identity). Please " +
        "use API Key or other form of API consumer identity to call this API.",
    ),
  badJson: () =>
    new Refusal(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unexpected token."),
  tooLarge: () => new Refusal(413, "INVALID_ARGUMENT", "Request payload size exceeds the limit."),
  unknownPath: (_method, path) =>
    new Refusal(404, "NOT_FOUND", `The requested URL ${path} was not found on this server.`),
  wrongMethod: (_method, path) =>
    new Refusal(404, "NOT_FOUND", `The requested URL ${path} was not found on this server.`),

  check: checkGemini,
  conversation: readContents,
  tools: (body) =>
    list(body.tools).flatMap((tool) => {
      const declarations = record(tool)?.functionDeclarations ??
        record(tool)?.function_declarations;
      return list(declarations).map((value) => jsonTool(str(record(value)?.name) ?? ""));
    }),
  model: (_body, url) => modelName(url),
  streams: (_body, url) => url.pathname.endsWith(":streamGenerateContent"),
  format: (body) => {
    const config = record(body.generationConfig);
    return config?.responseJsonSchema ?? config?.responseSchema ?? null;
  },
  answer,
  refuse: ({ status, type, message }) => failure(status, type, message, details(type, message)),
  tokenCount: () => ({ totalTokens: 10 }),
  modelList: () => ({
    models: [{
      name: "models/stub",
      displayName: "Stub",
      supportedGenerationMethods: ["generateContent", "countTokens"],
    }],
  }),
};

function answer({ url }: ApiRequest, plan: Plan): JsonAnswer | StreamAnswer {
  if (plan.kind === "error") return plannedFailure(plan);
  // The API knows no error event: a stream that it cannot begin is an HTTP error.
  if (plan.kind === "stream_error") return failure(500, "INTERNAL", plan.message);
  const shared = { modelVersion: modelName(url), responseId: freshId("", 20) };
  const chunk = (parts: Json[], done: boolean) => ({
    candidates: [{
      content: { role: "model", parts },
      ...(done ? { finishReason: "STOP" } : {}),
      index: 0,
    }],
    ...(done ? { usageMetadata: USAGE } : {}),
    ...shared,
  });
  if (!gemini.streams({}, url)) return json(chunk(parts(plan), true));
  if (url.searchParams.get("alt") === "sse") {
    return { kind: "stream", headers: {}, moves: stream(plan, chunk) };
  }
  // Without alt=sse the API streams one JSON array.
  return json([chunk(parts(plan), true)]);
}

function* stream(
  plan: Exclude<Plan, ErrorPlan>,
  chunk: (parts: Json[], done: boolean) => Json,
): Generator<Move> {
  if (plan.kind !== "text") {
    yield event(chunk(parts(plan), true));
    return;
  }
  if (plan.thinking !== null) yield event(chunk([thought(plan.thinking)], false));
  if (plan.parts.length === 1 && plan.pauseMs === 0 && !plan.cut) {
    yield event(chunk([{ text: plan.parts[0] }], true));
    return;
  }
  yield* textMoves(plan, (text) => event(chunk([{ text }], false)));
  yield event(chunk([{ text: "" }], true));
}

function parts(plan: Plan): Json[] {
  if (plan.kind === "text") {
    const text = { text: plan.parts.join("") };
    return plan.thinking === null ? [text] : [thought(plan.thinking), text];
  }
  if (plan.kind !== "tools") return [];
  const calls = plan.calls.map(({ name, args }): Json => ({ functionCall: { name, args } }));
  return plan.text === null ? calls : [{ text: plan.text }, ...calls];
}

/** A thought as the API sums it up: a bold subject, then the text. */
function thought(text: string): Json {
  return { text: `**${text.slice(0, 30)}**\n\n${text}`, thought: true };
}

function modelName(url: URL): string | null {
  return /models\/([^/:]+)/.exec(url.pathname)?.[1] ?? null;
}

function failure(
  code: number,
  status: string,
  message: string,
  details: readonly Json[] = [],
): JsonAnswer {
  return json({ error: { code, message, status, ...(details.length ? { details } : {}) } }, code);
}

function details(type: string, message: string): Json[] {
  if (type !== "INVALID_ARGUMENT") return [];
  const field = / at '([^']+)'/.exec(message)?.[1];
  const violation = { ...(field === undefined ? {} : { field }), description: message };
  return [{
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    fieldViolations: [violation],
  }];
}

function plannedFailure({ status, quota }: ErrorPlan): JsonAnswer {
  const name = STATUS_NAMES[status] ?? "INTERNAL";
  if (status !== 429) return failure(status, name, `stub error ${status}`);
  const period = quota ? "Day" : "Minute";
  const violation = {
    quotaMetric: "generativelanguage.googleapis.com/generate_requests",
    quotaId: `GenerateRequestsPer${period}PerProjectPerModel`,
  };
  const reasons: Json[] = [
    { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [violation] },
  ];
  if (!quota) {
    reasons.push({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" });
  }
  const message = "You exceeded your current quota, please check your plan and billing details.";
  return failure(status, name, message, reasons);
}
