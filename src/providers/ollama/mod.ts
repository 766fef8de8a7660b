/** Ollama: models on one's own machine. Facts are from version 0.17.4 and the documents of 0.40. */
import type { ModelPrice, Provider } from "../provider.ts";
import { ollamaAddress, SERVER_ADVICE } from "./address.ts";
import { OllamaParser } from "./events.ts";
import { DEFAULT_MODEL, planOllama } from "./plan.ts";
import { ollamaTranscript } from "./transcript.ts";

const FAMILY = "qwen3.5";

/** What runs on one's own machine costs nothing; what a server of others runs is another matter. */
function localPrice(model: string): ModelPrice | undefined {
  return /[:-]cloud$/.test(model) ? undefined : { input: 0, output: 0 };
}

/** The description of Ollama. */
export const provider: Provider = {
  name: "ollama",
  displayName: "Ollama",
  strengths: "questions that need neither files nor tools; nothing leaves the machine",
  binary: {
    name: "ollama",
    install:
      "curl -fsSL https://ollama.com/install.sh | sh   (Windows: irm https://ollama.com/install.ps1 | iex)",
    interactiveOnly: true,
  },
  service: {
    url: (env) => `${ollamaAddress(env)}/api/version`,
    advice: SERVER_ADVICE,
  },
  sandbox: { agent: "shell", image: "docker/sandbox-templates:shell", shell: true },
  spending: { price: localPrice },
  capabilities: {
    events: true,
    nativeJson: false,
    interactive: true,
    resume: "zag",
    interactiveResume: false,
    sessionLogs: false,
    presetSessionId: true,
    streamInput: false,
    replayUserMessages: false,
    partialMessages: true,
    systemPrompt: "native",
    interactiveSystemPrompt: false,
    interactivePrompt: false,
    autoApprove: false,
    permissions: false,
    addDirs: false,
    maxTurns: false,
    mcpConfig: false,
    jsonSchema: "any",
    sizes: true,
    review: false,
    tokenBilledPrint: false,
  },
  models: {
    family: FAMILY,
    defaultName: DEFAULT_MODEL,
    sizes: { small: "2b", medium: "9b", large: "35b" },
    names: ["0.8b", "2b", "4b", "9b", "27b", "35b", "122b"].map((size) => `${FAMILY}:${size}`),
    open: true,
  },
  plan: planOllama,
  parser: (options) => new OllamaParser(options),
  transcript: ollamaTranscript,
  extensions: () => import("./extensions.ts"),
};
