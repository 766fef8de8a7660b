/** GitHub Copilot's CLI, `copilot`. Facts are from version 1.0.102. */
import type { Provider } from "../provider.ts";
import { CopilotParser } from "./events.ts";
import { copilotPermissions } from "./permissions.ts";
import { planCopilot } from "./plan.ts";
import { TOOL_KINDS } from "./tools.ts";
import { copilotTranscript } from "./transcript.ts";

/** The description of Copilot. */
export const provider: Provider = {
  name: "copilot",
  displayName: "GitHub Copilot",
  strengths: "everyday edits, shell work, models of several makers",
  binary: {
    name: "copilot",
    install: "npm install -g @github/copilot",
    oldest: "1.0.81",
    tested: "1.0.102",
    env: { COPILOT_AUTO_UPDATE: "false" },
  },
  sandbox: {
    agent: "copilot",
    image: "docker/sandbox-templates:copilot",
    implied: ["--allow-all"],
  },
  spending: { cachedIsInput: true },
  capabilities: {
    events: true,
    nativeJson: false,
    interactive: true,
    resume: "native",
    interactiveResume: true,
    sessionLogs: "full",
    presetSessionId: true,
    streamInput: false,
    replayUserMessages: false,
    partialMessages: true,
    systemPrompt: "native",
    interactiveSystemPrompt: "always",
    interactivePrompt: true,
    autoApprove: true,
    permissions: "rules",
    addDirs: true,
    maxTurns: "zag",
    mcpConfig: true,
    jsonSchema: false,
    sizes: false,
    review: false,
    tokenBilledPrint: false,
  },
  models: {
    defaultName: "default",
    sizes: { small: "claude-haiku-5.5", medium: "claude-sonnet-5.5", large: "claude-opus-5.5" },
    names: [
      "auto",
      "claude-sonnet-5.5",
      "claude-sonnet-5",
      "claude-fable-5.1",
      "claude-fable-5",
      "claude-opus-5.5",
      "claude-opus-5",
      "claude-opus-4.8",
      "claude-opus-4.8-fast",
      "claude-sonnet-4.6",
      "claude-haiku-5.5",
      "claude-haiku-4.5",
      "gpt-6.1-sol",
      "gpt-6-sol",
      "gpt-6-luna",
      "gpt-6-astra",
      "gpt-5.6-sol",
      "gpt-5.6-terra",
      "gpt-5.6-luna",
      "gpt-5.5",
      "gpt-5.4",
      "gpt-5.4-mini",
      "gpt-5.3-codex",
      "gpt-5-mini",
      "mai-code-1.1-flash",
      "gemini-4-argon",
      "gemini-3.8-flash",
      "gemini-3.7-flash",
      "grok-4.7",
      "grok-4.6",
      "grok-4.5",
      "kimi-k3",
    ],
    open: true,
  },
  toolKinds: TOOL_KINDS,
  plan: planCopilot,
  parser: (options) => new CopilotParser(options),
  permissions: {
    check: (policy, { cwd }) => {
      copilotPermissions(policy, cwd);
      return [];
    },
  },
  transcript: copilotTranscript,
  extensions: () => import("./extensions.ts"),
  login: () => import("./login.ts"),
};
