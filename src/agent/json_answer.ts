/** Answers that must be JSON: asking for them, finding them in the text, checking them. */
import { compactJson } from "../json/compact_json.ts";
import { type JsonCandidate, jsonCandidates, syntaxErrorOf } from "../json/find_json.ts";
import type { SchemaCheck } from "../json/schema.ts";
import { type Violation, violationLines } from "../json/violations.ts";
import type { JsonDemand } from "./settle.ts";

/** An answer that was looked at: its JSON on one line, or all that is wrong with it, a line each. */
export type CheckedAnswer =
  | { ok: true; json: string }
  | { ok: false; violations: readonly string[] };

/** Asks for answers and checks them; made once for a session. */
export interface AnswerChecker extends JsonDemand {
  /** Looks at what the agent said last. */
  check(answer: string): CheckedAnswer;
}

/** So many violations are told, to the agent and to people; further ones are counted. */
const MOST_VIOLATIONS = 20;

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
    check(answer) {
      let likeliest: readonly Violation[] | undefined;
      for (const candidate of jsonCandidates(answer)) {
        const violations = compiled?.check(candidate.value) ?? [];
        if (violations.length === 0) return accepted(candidate);
        likeliest ??= violations;
      }
      return likeliest
        ? { ok: false, violations: violationLines(likeliest, MOST_VIOLATIONS) }
        : refused(`the answer holds no JSON: ${syntaxErrorOf(answer)}`);
    },
  };
}

function accepted(candidate: JsonCandidate): CheckedAnswer {
  try {
    return { ok: true, json: compactJson(candidate) };
  } catch (error) {
    if (error instanceof RangeError) return refused("the value is nested too deeply");
    throw error;
  }
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
