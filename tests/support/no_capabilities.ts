import type { Capabilities } from "../../src/providers/provider.ts";

/** A provider that can do nothing; a test gives it what it is about. */
export const NO_CAPABILITIES: Capabilities = {
  events: false,
  nativeJson: false,
  interactive: false,
  resume: false,
  interactiveResume: false,
  sessionLogs: false,
  presetSessionId: false,
  streamInput: false,
  replayUserMessages: false,
  partialMessages: false,
  systemPrompt: false,
  interactiveSystemPrompt: false,
  interactivePrompt: false,
  autoApprove: false,
  permissions: false,
  addDirs: false,
  maxTurns: false,
  mcpConfig: false,
  jsonSchema: false,
  sizes: false,
  review: false,
  tokenBilledPrint: false,
};
