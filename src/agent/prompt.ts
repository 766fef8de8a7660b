/** What the agent is finally asked: attachments, plan, context, prompt, how to end, in this order. */
import { type Attachment, formatAttachments } from "./attachments.ts";
import { escapeXml, xmlText } from "./xml.ts";

/** The result of an earlier session. */
export interface EarlierResult {
  readonly sessionId: string;
  readonly result: string;
}

/** The pieces of a prompt. */
export interface PromptParts {
  /** As the person typed it. */
  prompt: string | undefined;
  attachments: readonly Attachment[];
  /** The text of a plan file. */
  plan: string | undefined;
  /** Results of earlier sessions. */
  context: readonly EarlierResult[];
  /** So many of the first contexts can be replaced later. @default 0 */
  replaceable?: number;
  /** Results of earlier sessions that the prompt is about. @default none */
  inputs?: readonly EarlierResult[];
  /** What was said and done so far, with a line that says so. */
  conversation?: string | undefined;
  /** Demands JSON of a provider that has no means of its own. */
  jsonInstructions: string | undefined;
  /** How the session is ended, where nothing else tells the agent. */
  exitInstructions?: string | undefined;
  /** Reminds of that, where something else has told. */
  exitReminder?: string | undefined;
  /** Takes the place of the reminder where nothing else says what to do. */
  exitOpening?: string | undefined;
}

/** A whole prompt. */
export interface ComposedPrompt {
  readonly text: string;
  /**
   * Where the replaceable contexts stand in it, or would stand: begin and end, in UTF-16 units, with
   * the blank line behind them.
   */
  readonly contextAt: readonly [begin: number, end: number];
}

/** The whole prompt; undefined when there is nothing to say. */
export function composePrompt(parts: PromptParts): ComposedPrompt | undefined {
  const { context, prompt, inputs = [], plan, jsonInstructions, exitReminder } = parts;
  const before: string[] = [];
  if (plan !== undefined) {
    before.push(`# Plan\n\n${plan.trim()}\n\n---\n\nCarry out the plan above.`);
  }
  const results = context.map(contextText);
  const after: string[] = parts.conversation === undefined ? [] : [parts.conversation];
  if (inputs.length > 0) after.push(inputsText(inputs));
  if (prompt !== undefined && prompt !== "") after.push(prompt);
  const count = before.length + results.length + after.length;
  if (count > 0 && jsonInstructions !== undefined) before.unshift(jsonInstructions);
  if (parts.exitInstructions !== undefined) after.push(parts.exitInstructions);
  else {
    const ending = count > 0 ? exitReminder : parts.exitOpening;
    if (ending !== undefined) after.push(ending);
  }
  const head = formatAttachments(parts.attachments);
  const text = head + [...before, ...results, ...after].join(GAP);
  if (text.trim() === "") return undefined;
  const begin = Math.min(text.length, head.length + lengthOf(before));
  const end = begin + lengthOf(results.slice(0, parts.replaceable ?? 0));
  return { text, contextAt: [begin, Math.min(text.length, end)] };
}

/** The same prompt with other contexts in the place of the replaceable ones. */
export function withContexts(
  { text, contextAt: [begin, end] }: ComposedPrompt,
  context: readonly EarlierResult[],
): ComposedPrompt {
  const before = text.slice(0, begin);
  const after = text.slice(end);
  const results = context.map(contextText).join(GAP);
  if (results === "") return { text: before + after, contextAt: [begin, begin] };
  // What stands last has no blank line behind it, and so the one before it is missing.
  const lead = after === "" && before !== "" && !before.endsWith(GAP) ? GAP : "";
  const filling = after === "" ? results : results + GAP;
  const at = begin + lead.length;
  return { text: before + lead + filling + after, contextAt: [at, at + filling.length] };
}

/** What stands between two pieces. */
const GAP = "\n\n";

function lengthOf(pieces: readonly string[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length + GAP.length, 0);
}

function contextText({ sessionId, result }: EarlierResult): string {
  return `# Result of session ${sessionId}\n\n${result.trim()}\n\n---`;
}

/** An id is cut to this length where people and agents read it. */
const SHORT_ID = 8;

/** Well-formed XML elements, whatever the results hold, and a line that says what they are. */
function inputsText(inputs: readonly EarlierResult[]): string {
  const several = inputs.length > 1;
  const what = several
    ? `These are the results of ${inputs.length} earlier sessions`
    : "This is the result of an earlier session";
  const elements = inputs.map(({ sessionId, result }, index) => {
    const number = several ? ` index="${index + 1}"` : "";
    const id = escapeXml(sessionId.slice(0, SHORT_ID));
    const body = xmlText(result.trim());
    return `<session-result${number} session="${id}">\n${body}\n</session-result>`;
  });
  const where = several ? "them" : "it";
  return [`${what}; &lt; in ${where} stands for <, &gt; for >, &amp; for &.`, ...elements].join(
    "\n",
  );
}

/** Puts piped input below a prompt, in a fence that its own fences cannot close. */
export function joinStdin(prompt: string, stdin: string): string {
  const longest = Math.max(2, ...[...stdin.matchAll(/`{3,}/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return `${prompt}\n\n${fence}\n${stdin}${stdin.endsWith("\n") ? "" : "\n"}${fence}`;
}
