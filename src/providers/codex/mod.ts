/** Codex, OpenAI's `codex`. Facts are from version 0.169.0. */
import type { Provider } from "../provider.ts";
import { CodexParser } from "./events.ts";
import { codexPermissions } from "./permissions.ts";
import { planCodex } from "./plan.ts";
import { TOOL_KINDS } from "./tools.ts";
import { codexTranscript } from "./transcript.ts";

/** The description of Codex. */
export const provider: Provider = {
  name: "codex",
  displayName: "Codex",
  strengths: "self-contained programming tasks, debugging, running tests until they pass",
  binary: {
    name: "codex",
    install: "npm install -g @openai/codex",
    oldest: "0.156.0",
    tested: "0.169.0",
  },
  sandbox: {
    agent: "codex",
    image: "docker/sandbox-templates:codex",
    implied: ["--dangerously-bypass-approvals-and-sandbox"],
  },
  spending: { cachedIsInput: true },
  capabilities: {
    events: true,
    nativeJson: false,
    interactive: true,
    resume: "native",
    interactiveResume: true,
    sessionLogs: "full",
    presetSessionId: false,
    streamInput: false,
    replayUserMessages: false,
    partialMessages: false,
    systemPrompt: "native",
    keepsSystemPrompt: true,
    interactiveSystemPrompt: "always",
    interactivePrompt: true,
    autoApprove: true,
    permissions: "rules",
    addDirs: true,
    // Its output does not tell where one call of the model ends and the next begins.
    maxTurns: false,
    mcpConfig: true,
    jsonSchema: "strict",
    sizes: false,
    review: true,
    tokenBilledPrint: false,
  },
  models: {
    defaultName: "default",
    sizes: { small: "gpt-6-luna", medium: "gpt-6.1-sol", large: "gpt-6-astra" },
    names: [
      "gpt-6-astra",
      "gpt-6.1-sol",
      "gpt-6.1-terra",
      "gpt-6-sol",
      "gpt-6-luna",
      "gpt-5.6-sol",
      "gpt-5.6-terra",
      "gpt-5.6-luna",
      "gpt-5.5",
    ],
    open: true,
  },
  inputLimit: { count: 1_048_576, unit: "characters" },
  toolKinds: TOOL_KINDS,
  plan: planCodex,
  parser: (options) => new CodexParser(options),
  permissions: { check: (policy) => codexPermissions(policy).warnings },
  transcript: codexTranscript,
  extensions: () => import("./extensions.ts"),
  login: () => import("./login.ts"),
};
