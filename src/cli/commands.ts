import type { Route } from "./command.ts";
import { execCommand } from "./commands/exec.ts";
import { mockAgentCommand } from "./commands/mock_agent.ts";
import { runCommand } from "./commands/run.ts";

/** Every command of the program, in the order in which the help lists them. */
export const commands: readonly Route[] = [runCommand, execCommand, mockAgentCommand];
