/** What the agent is finally asked: attachments, plan, context, prompt, how to end, in this order. */
import { type Attachment, formatAttachments } from "./attachments.ts";

/** The pieces of a prompt. */
export interface PromptParts {
  /** As the person typed it. */
  prompt: string | undefined;
  attachments: readonly Attachment[];
  /** The text of a plan file. */
  plan: string | undefined;
  /** Results of earlier sessions. */
  context: readonly { sessionId: string; result: string }[];
  /** Demands JSON of a provider that has no means of its own. */
  jsonInstructions: string | undefined;
  /** How the session is ended, where nothing else tells the agent. */
  exitInstructions?: string | undefined;
  /** Reminds of that, where something else has told. */
  exitReminder?: string | undefined;
}

/** The whole prompt; undefined when there is nothing to say. */
export function composePrompt(parts: PromptParts): string | undefined {
  const pieces: string[] = [];
  if (parts.plan !== undefined) {
    pieces.push(`# Plan\n\n${parts.plan.trim()}\n\n---\n\nCarry out the plan above.`);
  }
  for (const { sessionId, result } of parts.context) {
    pieces.push(`# Result of session ${sessionId}\n\n${result.trim()}\n\n---`);
  }
  if (parts.prompt !== undefined && parts.prompt !== "") pieces.push(parts.prompt);
  if (pieces.length > 0 && parts.jsonInstructions !== undefined) {
    pieces.unshift(parts.jsonInstructions);
  }
  if (parts.exitInstructions !== undefined) pieces.push(parts.exitInstructions);
  else if (pieces.length > 0 && parts.exitReminder !== undefined) pieces.push(parts.exitReminder);
  const text = formatAttachments(parts.attachments) + pieces.join("\n\n");
  return text.trim() === "" ? undefined : text;
}

/** Puts piped input below a prompt, in a fence that its own fences cannot close. */
export function joinStdin(prompt: string, stdin: string): string {
  const longest = Math.max(2, ...[...stdin.matchAll(/`{3,}/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return `${prompt}\n\n${fence}\n${stdin}${stdin.endsWith("\n") ? "" : "\n"}${fence}`;
}
