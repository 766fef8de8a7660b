import type { Route } from "./command.ts";
import { backgroundCommand } from "./commands/background.ts";
import { broadcastCommand } from "./commands/broadcast.ts";
import { cancelCommand } from "./commands/cancel.ts";
import { capabilityCommand } from "./commands/capability.ts";
import { collectCommand } from "./commands/collect.ts";
import { completeCommand } from "./commands/complete.ts";
import { completionsCommand } from "./commands/completions.ts";
import { configCommand } from "./commands/config.ts";
import { costCommand } from "./commands/cost.ts";
import { discoverCommand } from "./commands/discover.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { envCommand } from "./commands/env.ts";
import { eventsCommand } from "./commands/events.ts";
import { execCommand } from "./commands/exec.ts";
import { gcCommand } from "./commands/gc.ts";
import { inputCommand } from "./commands/input.ts";
import { listenCommand } from "./commands/listen.ts";
import { logCommand } from "./commands/log.ts";
import { mcpGroup } from "./commands/mcp/mod.ts";
import { manCommand } from "./commands/man.ts";
import { mockAgentCommand } from "./commands/mock_agent.ts";
import { ollamaAgentCommand } from "./commands/ollama_agent.ts";
import { outputCommand } from "./commands/output.ts";
import { permitCommand } from "./commands/permit.ts";
import { pipeCommand } from "./commands/pipe.ts";
import { planCommand } from "./commands/plan.ts";
import { psGroup } from "./commands/ps/mod.ts";
import { resumeWaitingCommand } from "./commands/resume_waiting.ts";
import { retryCommand } from "./commands/retry.ts";
import { reviewCommand } from "./commands/review.ts";
import { runCommand } from "./commands/run.ts";
import { searchCommand } from "./commands/search.ts";
import { sessionGroup } from "./commands/session/mod.ts";
import { skillsGroup } from "./commands/skills/mod.ts";
import { spawnCommand } from "./commands/spawn.ts";
import { statusCommand } from "./commands/status.ts";
import { subscribeCommand } from "./commands/subscribe.ts";
import { summaryCommand } from "./commands/summary.ts";
import { upgradeCommand } from "./commands/upgrade.ts";
import { usageGroup } from "./commands/usage/mod.ts";
import { waitCommand } from "./commands/wait.ts";
import { watchCommand } from "./commands/watch.ts";
import { whoamiCommand } from "./commands/whoami.ts";

/** Every command of the program, in the order in which the help lists them. */
export const commands: readonly Route[] = [
  runCommand,
  execCommand,
  planCommand,
  reviewCommand,
  spawnCommand,
  sessionGroup,
  inputCommand,
  broadcastCommand,
  listenCommand,
  watchCommand,
  subscribeCommand,
  eventsCommand,
  statusCommand,
  waitCommand,
  outputCommand,
  collectCommand,
  permitCommand,
  pipeCommand,
  retryCommand,
  psGroup,
  cancelCommand,
  usageGroup,
  searchCommand,
  summaryCommand,
  logCommand,
  costCommand,
  whoamiCommand,
  envCommand,
  gcCommand,
  configCommand,
  skillsGroup,
  mcpGroup,
  capabilityCommand,
  discoverCommand,
  doctorCommand,
  upgradeCommand,
  manCommand,
  completionsCommand,
  completeCommand,
  backgroundCommand,
  resumeWaitingCommand,
  mockAgentCommand,
  ollamaAgentCommand,
];
