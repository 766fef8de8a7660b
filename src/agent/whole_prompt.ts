/** Reads what options put around a prompt, and puts it there. */
import type { Scope } from "../sessions/resolve.ts";
import type { SessionStore } from "../sessions/store.ts";
import { readAttachments } from "./attachments.ts";
import { contexts, readPlan } from "./inputs.ts";
import { type ComposedPrompt, composePrompt, type PromptParts, withContexts } from "./prompt.ts";
import type { SettleRequest } from "./settle.ts";

/** What is known of a prompt besides its request. */
export interface PromptSurroundings
  extends
    Pick<PromptParts, "jsonInstructions" | "exitInstructions" | "exitReminder" | "exitOpening"> {
  /** Relative paths start there. */
  cwd: string;
  /** Where sessions are looked for. */
  scope: Scope;
}

/**
 * The whole prompt of a session; undefined when there is nothing to say.
 *
 * @throws {InvalidOptionError} when a file cannot be read, or a session has no result
 */
export async function wholePrompt(
  { options, prompt, inputs = [], injected, replay, conversation }: SettleRequest,
  store: SessionStore | undefined,
  { cwd, scope, ...texts }: PromptSurroundings,
): Promise<ComposedPrompt | undefined> {
  const context = options.context ?? [];
  if (replay?.prompt) {
    // Whatever else is named was read when the earlier session began.
    if (injected === undefined) return replay.prompt;
    return withContexts(replay.prompt, await contexts(context.slice(0, injected), store, scope));
  }
  return composePrompt({
    prompt,
    attachments: await readAttachments(options.files ?? [], cwd),
    plan: options.plan === undefined ? undefined : await readPlan(options.plan, cwd),
    context: await contexts(context, store, scope),
    replaceable: injected ?? 0,
    inputs,
    conversation,
    ...texts,
  });
}
