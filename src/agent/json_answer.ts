/** Answers that must be JSON: asking for them, finding them in the text, checking them. */
import { compactJson } from "../json/compact_json.ts";
import { firstJson, type JsonCandidate, jsonCandidates, syntaxErrorOf } from "../json/find_json.ts";
import { wantedScalar } from "../json/root_scalar.ts";
import type { SchemaCheck } from "../json/schema.ts";
import { CHECK_LIMIT_MS } from "../json/time_limit.ts";
import { type Violation, violationLines } from "../json/violations.ts";
import type { JsonDemand } from "./settle.ts";

/** An answer that was looked at: its JSON on one line, or all that is wrong with it, a line each. */
export type CheckedAnswer =
  | { ok: true; json: string }
  | { ok: false; violations: readonly string[] };

/** Asks for answers and checks them; made once for a session. */
export interface AnswerChecker extends JsonDemand {
  /**
   * Looks at what the agent said last.
   *
   * @param withinMs How long that may take, in milliseconds. Default: 10 seconds.
   */
  check(answer: string, withinMs?: number): CheckedAnswer;
}

/** So many violations are told, to the agent and to people; further ones are counted. */
const MOST_VIOLATIONS = 20;

/** So many values in one answer are checked against the schema. */
const MOST_CANDIDATES = 1_000;

/** A checker for JSON that matches a schema, or for any JSON. */
export function answerChecker(compiled?: SchemaCheck): AnswerChecker {
  const schema = compiled?.schema;
  return {
    schema,
    instructions(enforced) {
      const demand = enforced
        ? "The answer must be JSON."
        : "Answer with JSON alone: no text around it, no code fence.";
      return schema === undefined
        ? demand
        : `${demand} It must match this JSON Schema:\n${JSON.stringify(schema, null, 2)}`;
    },
    check(answer, withinMs = CHECK_LIMIT_MS) {
      if (compiled) return checkedBy(compiled, answer, withinMs);
      const found = firstJson(answer);
      return found ? accepted(found) : refused(noJson(syntaxErrorOf(answer)));
    },
  };
}

function checkedBy(compiled: SchemaCheck, answer: string, withinMs: number): CheckedAnswer {
  const end = performance.now() + withinMs;
  const wanted = wantedScalar(compiled.schema);
  let likeliest: readonly Violation[] | undefined;
  let tried = 0;
  for (const candidate of jsonCandidates(answer, { scalars: true })) {
    const left = end - performance.now();
    if (tried === MOST_CANDIDATES || (tried > 0 && left <= 0)) {
      if (likeliest === undefined) break;
      const lines = violationLines(likeliest, MOST_VIOLATIONS);
      return { ok: false, violations: [...lines, onlyTried(tried)] };
    }
    const violations = compiled.check(candidate.value, left);
    if (violations.length === 0) return accepted(candidate);
    // Where an object or array is wanted, no number in the text was meant to be it.
    if (candidate.place !== "scalar" || wanted !== undefined) likeliest ??= violations;
    tried++;
  }
  if (likeliest) return { ok: false, violations: violationLines(likeliest, MOST_VIOLATIONS) };
  return refused(noJson(syntaxErrorOf(answer, wanted)));
}

function noJson(reason: string): string {
  return `the answer holds no JSON: ${reason}`;
}

function accepted(candidate: JsonCandidate): CheckedAnswer {
  try {
    return { ok: true, json: compactJson(candidate) };
  } catch (error) {
    if (error instanceof RangeError) return refused("the value is nested too deeply");
    throw error;
  }
}

function onlyTried(count: number): string {
  const which = count === 1 ? "the likeliest was" : `the ${count} likeliest were`;
  return `the answer holds more JSON than could be checked: only ${which}`;
}

function refused(violation: string): CheckedAnswer {
  return { ok: false, violations: [violation] };
}

/** What an agent is told when its answer did not do; what it has to do instead is told beside that. */
export function correctionPrompt(violations: readonly string[]): string {
  return `Your last answer could not be used:\n${bulleted(violations)}\n\nAnswer again.`;
}

/** The prompt for an agent that knows nothing of its last answer. */
export function promptAgain(prompt: string | undefined, violations: readonly string[]): string {
  const earlier = `An earlier answer to this could not be used:\n${bulleted(violations)}`;
  return prompt === undefined ? earlier : `${prompt}\n\n---\n\n${earlier}`;
}

function bulleted(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}
