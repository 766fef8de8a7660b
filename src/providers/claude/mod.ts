/** Claude Code, Anthropic's `claude`. Facts are from the versions 2.1.197 and 2.1.330. */
import type { Provider } from "../provider.ts";
import { ClaudeParser } from "./events.ts";
import { answerLine, claudeSubject, guardLine, isInterrupt } from "./permissions.ts";
import { dependsOnVersion, planClaude } from "./plan.ts";
import { claudeTranscript } from "./transcript.ts";

/** The description of Claude Code. */
export const provider: Provider = {
  name: "claude",
  displayName: "Claude Code",
  strengths: "work across many files, unclear or long tasks, reviews, clear prose",
  binary: {
    name: "claude",
    install: "npm install -g @anthropic-ai/claude-code",
    oldest: "2.1.110",
    tested: "2.1.197",
    env: { DISABLE_AUTOUPDATER: "1" },
  },
  sandbox: {
    agent: "claude",
    image: "docker/sandbox-templates:claude-code",
    implied: ["--dangerously-skip-permissions"],
  },
  spending: { dollars: "output", holdsCost: true },
  capabilities: {
    events: true,
    nativeJson: true,
    interactive: true,
    resume: "native",
    interactiveResume: true,
    sessionLogs: "full",
    presetSessionId: true,
    streamInput: "queue",
    replayUserMessages: true,
    partialMessages: true,
    systemPrompt: "native",
    interactiveSystemPrompt: "always",
    interactivePrompt: true,
    autoApprove: true,
    permissions: "asks",
    addDirs: true,
    maxTurns: "native",
    mcpConfig: true,
    jsonSchema: "any",
    structuredOutput: true,
    sizes: false,
    review: false,
    tokenBilledPrint: true,
  },
  models: {
    defaultName: "default",
    sizes: { small: "haiku", medium: "sonnet", large: "default" },
    names: ["default", "haiku", "sonnet", "opus", "fable"],
    open: true,
  },
  plan: planClaude,
  needsVersion: dependsOnVersion,
  parser: (options) => new ClaudeParser(options),
  input: {
    userMessage: (text) =>
      JSON.stringify({
        type: "user",
        message: { role: "user", content: [{ type: "text", text }] },
      }),
    interrupt: (id) =>
      JSON.stringify({
        type: "control_request",
        request_id: id,
        request: { subtype: "interrupt" },
      }),
    accepts: (message, guarded) =>
      (message.type === "user" && typeof message.message === "object") ||
      (message.type === "control_request" && (!guarded || isInterrupt(message))),
    guard: guardLine,
    answer: answerLine,
  },
  permissions: { subject: claudeSubject },
  transcript: claudeTranscript,
  extensions: () => import("./extensions.ts"),
  login: () => import("./login.ts"),
};
