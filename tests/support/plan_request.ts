import type { PlanRequest } from "../../src/providers/launch_plan.ts";
import type { ParserOptions } from "../../src/providers/parser.ts";

/** A request that asks for nothing special; a test changes what it is about. */
export const PLAIN_REQUEST: PlanRequest = {
  mode: "exec",
  output: "events",
  prompt: "--hi\n-x",
  streamInput: false,
  replayUserMessages: false,
  partialMessages: false,
  model: undefined,
  systemPrompt: undefined,
  autoApprove: false,
  addDirs: [],
  maxTurns: undefined,
  mcpConfig: undefined,
  jsonSchema: undefined,
  sessionId: "11111111-1111-4111-8111-111111111111",
  resume: undefined,
  cwd: "/project",
  tempDir: "/temp",
  stateDir: "/state",
  env: {},
  version: undefined,
  unattended: false,
  isRoot: false,
};

/** What a parser is told of a plain launch. */
export const PLAIN_PARSER: ParserOptions = {
  partialMessages: false,
  sessionId: "11111111-1111-4111-8111-111111111111",
  resume: undefined,
  model: undefined,
  cwd: "/project",
  usageBefore: undefined,
};
