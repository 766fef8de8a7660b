import type { Route } from "./command.ts";
import { capabilityCommand } from "./commands/capability.ts";
import { costCommand } from "./commands/cost.ts";
import { discoverCommand } from "./commands/discover.ts";
import { envCommand } from "./commands/env.ts";
import { eventsCommand } from "./commands/events.ts";
import { execCommand } from "./commands/exec.ts";
import { gcCommand } from "./commands/gc.ts";
import { listenCommand } from "./commands/listen.ts";
import { logCommand } from "./commands/log.ts";
import { mockAgentCommand } from "./commands/mock_agent.ts";
import { ollamaAgentCommand } from "./commands/ollama_agent.ts";
import { outputCommand } from "./commands/output.ts";
import { psGroup } from "./commands/ps/mod.ts";
import { runCommand } from "./commands/run.ts";
import { searchCommand } from "./commands/search.ts";
import { sessionGroup } from "./commands/session/mod.ts";
import { statusCommand } from "./commands/status.ts";
import { summaryCommand } from "./commands/summary.ts";
import { whoamiCommand } from "./commands/whoami.ts";

/** Every command of the program, in the order in which the help lists them. */
export const commands: readonly Route[] = [
  runCommand,
  execCommand,
  sessionGroup,
  listenCommand,
  eventsCommand,
  statusCommand,
  outputCommand,
  psGroup,
  searchCommand,
  summaryCommand,
  logCommand,
  costCommand,
  whoamiCommand,
  envCommand,
  gcCommand,
  capabilityCommand,
  discoverCommand,
  mockAgentCommand,
  ollamaAgentCommand,
];
