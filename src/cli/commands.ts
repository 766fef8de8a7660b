import type { Route } from "./command.ts";
import { capabilityCommand } from "./commands/capability.ts";
import { discoverCommand } from "./commands/discover.ts";
import { execCommand } from "./commands/exec.ts";
import { mockAgentCommand } from "./commands/mock_agent.ts";
import { ollamaAgentCommand } from "./commands/ollama_agent.ts";
import { runCommand } from "./commands/run.ts";

/** Every command of the program, in the order in which the help lists them. */
export const commands: readonly Route[] = [
  runCommand,
  execCommand,
  capabilityCommand,
  discoverCommand,
  mockAgentCommand,
  ollamaAgentCommand,
];
