/** Gemini CLI, Google's `gemini`. Facts are from version 0.61.0. */
import type { Provider } from "../provider.ts";
import { GeminiParser } from "./events.ts";
import { geminiLimitOnScreen } from "./limits.ts";
import { geminiPolicy } from "./permissions.ts";
import { planGemini } from "./plan.ts";
import { GEMINI_TOOLS } from "./tools.ts";
import { geminiTranscript } from "./transcript.ts";

/** The description of Gemini CLI. */
export const provider: Provider = {
  name: "gemini",
  displayName: "Gemini CLI",
  strengths: "questions about very long inputs, summaries, quick edits",
  binary: {
    name: "gemini",
    install: "npm install -g @google/gemini-cli",
    // Before, what a tool said was in neither its output nor its files.
    oldest: "0.47.0",
    tested: "0.61.0",
    env: { GEMINI_CLI_NO_RELAUNCH: "true" },
  },
  sandbox: {
    agent: "gemini",
    image: "docker/sandbox-templates:gemini",
    implied: ["--approval-mode=yolo"],
  },
  spending: { cachedIsInput: true },
  capabilities: {
    events: true,
    nativeJson: true,
    interactive: true,
    resume: "native",
    interactiveResume: true,
    sessionLogs: "full",
    presetSessionId: true,
    streamInput: false,
    replayUserMessages: false,
    partialMessages: true,
    systemPrompt: "zag",
    keepsSystemPrompt: true,
    interactiveSystemPrompt: "with-prompt",
    interactivePrompt: true,
    autoApprove: true,
    permissions: "rules",
    addDirs: true,
    maxTurns: "zag",
    mcpConfig: false,
    jsonSchema: false,
    sizes: false,
    review: false,
    tokenBilledPrint: false,
  },
  models: {
    defaultName: "default",
    sizes: {
      small: "gemini-3.5-flash-lite",
      medium: "gemini-3.8-flash",
      large: "gemini-3.1-pro-preview",
    },
    names: [
      "auto",
      "pro",
      "flash",
      "flash-lite",
      "gemini-3.1-pro-preview",
      "gemini-3.1-pro-preview-customtools",
      "gemini-3-flash-preview",
      "gemini-3.8-flash",
      "gemini-3.5-flash-lite",
      "gemini-2.5-pro",
    ],
    open: true,
  },
  toolKinds: GEMINI_TOOLS,
  // What comes after this is cut off, and then nothing is answered.
  inputLimit: { count: 8 * 1024 * 1024, unit: "bytes" },
  plan: planGemini,
  parser: (options) => new GeminiParser(options),
  permissions: {
    check: (policy) => {
      geminiPolicy(policy);
      return [];
    },
  },
  transcript: geminiTranscript,
  limitOnScreen: geminiLimitOnScreen,
  extensions: () => import("./extensions.ts"),
  login: () => import("./login.ts"),
};
