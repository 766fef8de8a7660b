/** The agent that is built in: it echoes its prompt, or plays the script in `ZAG_MOCK_SCRIPT`. */
import type { Provider } from "../provider.ts";
import { MockParser } from "./events.ts";
import { answerLine, mockSubject } from "./permissions.ts";
import { planMock } from "./plan.ts";
import type { InterruptLine, UserMessageLine } from "./protocol.ts";
import { mockTranscript } from "./transcript.ts";

/** The description of the mock agent. */
export const provider: Provider = {
  name: "mock",
  displayName: "Mock agent",
  binary: undefined,
  spending: { dollars: "always" },
  capabilities: {
    events: true,
    nativeJson: false,
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
    jsonSchema: false,
    sizes: false,
    review: false,
    tokenBilledPrint: false,
  },
  models: {
    defaultName: "mock-medium",
    sizes: { small: "mock-small", medium: "mock-medium", large: "mock-large" },
    names: ["mock-small", "mock-medium", "mock-large"],
    open: false,
  },
  plan: planMock,
  parser: (options) => new MockParser(options),
  input: {
    userMessage: (text) =>
      JSON.stringify({ type: "user_message", content: text } satisfies UserMessageLine),
    interrupt: (id) => JSON.stringify({ type: "interrupt", id } satisfies InterruptLine),
    accepts: (message) => message.type === "interrupt" && typeof message.id === "string",
    answer: answerLine,
  },
  permissions: { subject: mockSubject },
  transcript: mockTranscript,
};
