import type { Config } from "../config/config.ts";
import type { Capabilities, Provider } from "../providers/provider.ts";
import { UnsupportedOptionError } from "./errors.ts";
import { needsProgram } from "./locate.ts";
import type { SettleRequest } from "./settle.ts";

/** Where somebody named the provider, another one is no way out. */
export interface CapabilityContext {
  pinned: boolean;
  config: Config;
}

/**
 * Refuses what the provider cannot do.
 *
 * @returns Warnings about what it will not notice.
 * @throws {UnsupportedOptionError} naming the option.
 */
export function checkCapabilities(
  request: SettleRequest,
  provider: Provider,
  { pinned, config }: CapabilityContext,
): string[] {
  const { name, displayName, capabilities: can } = provider;
  const { command, options, resume, streamInput } = request;
  const takesSystem = takesSystemPrompt(request, can);
  const refuse = (feature: string, hint?: string) => {
    const hints = [hint, pinned ? undefined : "choose another provider with -p"];
    throw new UnsupportedOptionError(
      feature,
      name,
      `Cannot use ${feature} with ${displayName}: it has no such feature`,
      hints.filter((text) => text !== undefined).join("; or ") || undefined,
    );
  };
  if (resume) {
    const flag = "latest" in resume ? "--continue" : "--resume";
    const isNew = "id" in resume && resume.from?.forgotten;
    if (!can.resume && !isNew) refuse(flag);
    if (command === "run" && !can.interactiveResume) {
      refuse(`${flag} in "zag run"`, `use "zag exec ${flag}"`);
    }
  }
  if (command === "run" && !can.interactive) refuse('"zag run"', 'use "zag exec"');
  // An agent that cannot be told anything has no tools to end its session with either.
  if (request.exit && !can.interactivePrompt) refuse("--exit", 'use "zag exec --json"');
  if (options.outputFormat === "native-json" && !can.nativeJson) {
    refuse("-o native-json", "use -o json, which has one form for every provider");
  }
  if (command === "run" && hasPrompt(request) && !can.interactivePrompt) {
    refuse('a prompt in "zag run"', 'use "zag exec", or type the prompt in the session');
  }
  if (options.systemPrompt !== undefined && !takesSystem) {
    if (!can.systemPrompt) refuse("--system-prompt");
    if (can.interactiveSystemPrompt === false) {
      refuse('--system-prompt in "zag run"', 'use "zag exec"');
    }
    refuse('--system-prompt in "zag run" without a prompt', "give a first prompt");
  }
  // Where the agent has the terminal zag cannot count.
  const holdsTurns = can.maxTurns === "native" || (can.maxTurns === "zag" && command === "exec");
  if (options.maxTurns !== undefined && !holdsTurns) {
    refuse(can.maxTurns === false ? "--max-turns" : '--max-turns in "zag run"');
  }
  if ((options.addDirs?.length ?? 0) > 0 && !can.addDirs) refuse("--add-dir");
  const byZag = streamInput && !can.streamInput;
  if (byZag && !can.resume) refuse("-i stream-json");
  if (options.sandbox !== undefined) {
    if (!provider.sandbox) refuse("--sandbox");
    // There is no zag in a sandbox, and so none of the agents that are a part of it.
    if (!needsProgram(provider, command)) refuse('--sandbox in "zag exec"', 'use "zag run"');
  }
  const isSet = (key: keyof Config) => config[key] !== undefined && config[key] !== false;
  const harmless: [used: boolean, supported: boolean, name: string][] = [
    [
      options.replayUserMessages === true,
      can.replayUserMessages || byZag,
      "--replay-user-messages",
    ],
    [options.includePartialMessages === true, can.partialMessages, "--include-partial-messages"],
    [options.mcpConfig !== undefined, can.mcpConfig, "--mcp-config"],
    [options.size !== undefined, can.sizes, "--size"],
    [options.autoApprove === true, can.autoApprove, "--auto-approve"],
    [isSet("defaults.auto_approve"), can.autoApprove, "defaults.auto_approve"],
    [isSet("defaults.max_turns"), holdsTurns, "defaults.max_turns"],
    [isSet("defaults.system_prompt"), takesSystem, "defaults.system_prompt"],
  ];
  return harmless.filter(([used, supported]) => used && !supported)
    .map(([, , option]) => `${option} has no effect with ${displayName}`);
}

/** Whether a system prompt would reach the agent. */
export function takesSystemPrompt(request: SettleRequest, can: Capabilities): boolean {
  if (request.command === "exec") return can.systemPrompt !== false;
  const { interactiveSystemPrompt } = can;
  return interactiveSystemPrompt === "always" ||
    (interactiveSystemPrompt === "with-prompt" && hasPrompt(request));
}

/** Whether the agent will be told something at its start, if only how its session ends. */
function hasPrompt({ prompt, options, exit }: SettleRequest): boolean {
  return prompt !== undefined || options.plan !== undefined || (options.files?.length ?? 0) > 0 ||
    (options.context?.length ?? 0) > 0 || exit !== undefined;
}
