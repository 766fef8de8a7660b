import type { Provider } from "../providers/provider.ts";
import { UnsupportedOptionError } from "./errors.ts";
import type { SettleRequest } from "./settle.ts";

/** Refuses what the provider cannot do; returns warnings about what it will not notice. */
export function checkCapabilities(request: SettleRequest, provider: Provider): string[] {
  const { options } = request;
  const can = provider.capabilities;
  const warnings: string[] = [];
  const refuse = (feature: string, hint?: string) => {
    throw new UnsupportedOptionError(
      feature,
      provider.name,
      `Cannot use ${feature} with ${provider.displayName}: it has no such feature`,
      hint,
    );
  };
  if (request.resume && !can.resume) refuse("--resume");
  if (request.command === "run" && !can.interactive) refuse("run", 'use "zag exec"');
  if (options.outputFormat === "native-json" && !can.nativeJson) {
    refuse("-o native-json", "use -o json, which has one form for every provider");
  }
  if (options.systemPrompt !== undefined && !can.systemPrompt) refuse("--system-prompt");
  if (options.maxTurns !== undefined && !can.maxTurns) refuse("--max-turns");
  if ((options.addDirs?.length ?? 0) > 0 && !can.addDirs) refuse("--add-dir");
  if (request.streamInput && !can.streamInput) refuse("-i stream-json");
  const harmless: [boolean, boolean, string][] = [
    [options.replayUserMessages === true, can.replayUserMessages, "--replay-user-messages"],
    [options.includePartialMessages === true, can.partialMessages, "--include-partial-messages"],
    [options.mcpConfig !== undefined, can.mcpConfig, "--mcp-config"],
    [options.size !== undefined, can.sizes, "--size"],
  ];
  for (const [used, supported, flag] of harmless) {
    if (used && !supported) warnings.push(`${flag} has no effect with ${provider.displayName}`);
  }
  return warnings;
}
