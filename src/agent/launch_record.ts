/** What the books keep of the options that a session was started with. */
import type { SessionPatch } from "../sessions/records.ts";
import { distinctTags } from "../sessions/tags.ts";
import type { AgentOptions } from "./options.ts";
import type { Settled } from "./settle.ts";

/**
 * How the session can be found, as far as this run says something about it.
 *
 * @param known Tags that the session has already.
 */
export function givenMetadata(
  { name, description, tags = [] }: AgentOptions,
  known: readonly string[] = [],
): Pick<SessionPatch, "name" | "description" | "tags"> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(tags.length === 0 ? {} : { tags: distinctTags([...known, ...tags]) }),
  };
}

/**
 * What a retry needs to start the same again. Values of variables may be secrets and stay out, and so
 * does an inline MCP configuration, which holds some of its servers'.
 */
export function launchRecord(settled: Settled): Record<string, unknown> {
  const { env, mcpConfig, ...options } = settled.options;
  return {
    ...options,
    ...(env === undefined ? {} : { env: Object.keys(env) }),
    ...(mcpConfig === undefined || mcpConfig.trimStart().startsWith("{") ? {} : { mcpConfig }),
    ...(settled.composedPrompt === settled.prompt
      ? {}
      : { composed_prompt: settled.composedPrompt }),
  };
}
