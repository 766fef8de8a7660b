/** From a prompt to the answer it asks for, in terms that every protocol can speak. */

import { locateScript, type Message, visibleText } from "./conversation.ts";
import { type Directive, parseScript } from "./script.ts";
import { type OfferedTool, shellCall, type ToolCall, writeCall } from "./tools.ts";

/** The model answers with text. */
export interface TextPlan {
  readonly kind: "text";
  /** The deltas of a stream; joined where the answer is not streamed. */
  readonly parts: readonly string[];
  /** Milliseconds after each part. */
  readonly pauseMs: number;
  /** Milliseconds without a byte before the body begins. */
  readonly holdMs: number;
  /** A reasoning block before the text. */
  readonly thinking: string | null;
  /** The connection drops after the last part. */
  readonly cut: boolean;
}

/** The model calls tools. */
export interface ToolPlan {
  readonly kind: "tools";
  /** Text before the calls. */
  readonly text: string | null;
  readonly calls: readonly ToolCall[];
}

/** The API answers with an HTTP error. */
export interface ErrorPlan {
  readonly kind: "error";
  readonly status: number;
  /** With status 429: a quota is used up, as opposed to too many requests at once. */
  readonly quota: boolean;
  /** When it is there again, in seconds from now. Default: an hour. */
  readonly resetSecs?: number;
}

/** The stream begins and then reports an error. */
export interface StreamErrorPlan {
  readonly kind: "stream_error";
  readonly message: string;
}

/** How one model request is answered. */
export type Plan = TextPlan | ToolPlan | ErrorPlan | StreamErrorPlan;

/** A plan and where in the script it comes from. */
export interface Step {
  readonly plan: Plan;
  /** Answers already given in this turn. */
  readonly step: number;
  /** The directive with its brackets; empty for an answer that no directive asked for. */
  readonly directive: string;
}

/**
 * Plans the answer to a conversation.
 *
 * @param reply answers every prompt without a script; default: an echo of the prompt
 */
export function planAnswer(
  messages: readonly Message[],
  tools: readonly OfferedTool[],
  reply?: string,
): Step {
  const { text, step } = locateScript(messages);
  const directives = parseScript(text);
  if (directives.length === 0) {
    const echo = (visibleText(text) || text.trim()).slice(0, 80);
    return { plan: say(reply ?? `STUB:${echo}`), step, directive: "" };
  }
  const directive = directives[step];
  if (directive === undefined) return { plan: say("STUB:done"), step, directive: "" };
  return { plan: planDirective(directive, tools), step, directive: directive.source };
}

function planDirective(directive: Directive, tools: readonly OfferedTool[]): Plan {
  const { name, argument } = directive;
  switch (name) {
    case "say":
      return say(argument);
    case "deltas":
      return planDeltas(argument);
    case "slow": {
      const [count, pauseMs] = argument.split(",").map(Number);
      const parts = Array.from({ length: count || 60 }, (_, i) => `tick ${i} `);
      return { ...say(""), parts, pauseMs: pauseMs || 500 };
    }
    case "hang":
      return { ...say("late"), holdMs: Number(argument) || 60_000 };
    case "think":
      return { ...say("STUB:thought"), thinking: argument || "pondering" };
    case "cut":
      return { ...say(""), parts: ["partial ", "answer "], pauseMs: 50, cut: true };
    case "json": {
      if (!tools.some((tool) => tool.name === "StructuredOutput")) return say(argument);
      return callJson(directive, "StructuredOutput", argument);
    }
    case "bash":
      return call(shellCall(tools, argument));
    case "2bash": {
      const calls = argument.split("|").map((command) => shellCall(tools, command));
      return { kind: "tools", text: "Two at once.", calls };
    }
    case "write": {
      const bar = argument.indexOf("|");
      return call(writeCall(tools, argument.slice(0, bar), argument.slice(bar + 1)));
    }
    case "call": {
      const space = argument.indexOf(" ");
      if (space < 0) return call({ name: argument, args: {} });
      return callJson(directive, argument.slice(0, space), argument.slice(space + 1));
    }
    case "err": {
      const [status, quota] = argument.split(",");
      return { kind: "error", status: Number(status) || 500, quota: quota === "Q" };
    }
    case "ierr":
      return { kind: "stream_error", message: argument || "Overloaded" };
    default:
      return say(`STUB:unknown directive ${name}`);
  }
}

/** Cuts a text into at most `count` pieces of one length. */
export function pieces(text: string, count: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / count));
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += size) parts.push(text.slice(at, at + size));
  return parts;
}

const COUNTING = "one two three four five six seven eight nine ten".split(" ");

function planDeltas(argument: string): TextPlan {
  const match = /^(\d+)(?:,(\d+))?(?:,([\s\S]*))?$/.exec(argument);
  const count = Number(match?.[1]) || 10;
  const counted = Array.from({ length: count }, (_, i) => COUNTING[i % COUNTING.length]).join(" ");
  const parts = pieces(match?.[3] ?? counted, count);
  return { ...say(""), parts, pauseMs: Number(match?.[2] ?? 0) };
}

function say(text: string): TextPlan {
  return { kind: "text", parts: [text], pauseMs: 0, holdMs: 0, thinking: null, cut: false };
}

function call(toolCall: ToolCall): ToolPlan {
  return { kind: "tools", text: null, calls: [toolCall] };
}

function callJson(directive: Directive, name: string, json: string): Plan {
  try {
    return call({ name, args: JSON.parse(json) });
  } catch (error) {
    return say(`STUB:cannot read ${directive.source}: ${(error as Error).message}`);
  }
}
