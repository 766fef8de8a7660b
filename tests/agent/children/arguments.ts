/** Passes each function and method of the library one argument that is of no type, and keeps what it says. */
import * as library from "../../../src/mod.ts";
import { FailedCalls, type Given } from "../../support/wrong_arguments.ts";

const [result = ""] = Deno.args;
const { AgentBuilder, Config, ProcessStore, SessionLog, SessionStore, ZagBuilder } = library;

const none = () => {};
const event = { type: "log" };
const BUILDER: Given = {
  clone: [],
  provider: ["mock"],
  model: ["small"],
  systemPrompt: ["text"],
  root: ["."],
  autoApprove: [true],
  permissions: [{ default: "deny" }],
  askCommand: ["true"],
  onPermission: [none],
  addDir: ["."],
  file: ["f"],
  plan: ["f"],
  context: ["s"],
  env: ["A", "b"],
  worktree: ["w"],
  sandbox: ["s"],
  size: ["9b"],
  json: [],
  jsonSchema: [{}],
  jsonRetries: [1],
  exit: ["hint"],
  headless: [true],
  sessionId: ["id"],
  name: ["n"],
  description: ["d"],
  tag: ["t"],
  metadata: [{ name: "n" }],
  outputFormat: ["text"],
  inputFormat: ["text"],
  replayUserMessages: [true],
  includePartialMessages: [true],
  verbose: [true],
  quiet: [true],
  showUsage: [true],
  debug: [true],
  bin: ["zag"],
  maxCost: [1],
  maxTokens: [1],
  maxTurns: [1],
  timeout: ["1s"],
  firstByteTimeout: ["off"],
  idleTimeout: [5],
  fallback: ["mock", "codex"],
  autoResume: [true],
  notify: ["desktop"],
  notifyOn: ["end", "limit"],
  mcpConfig: ["{}"],
  onProgress: [{}],
  sessionLog: ["auto"],
  enableSessionLog: [false],
  onLogEvent: [none],
  streamEventsToStderr: ["json"],
  streamShowThinking: [true],
  logEvents: [],
  onSpawn: [none],
  registerProcess: [{ command: "c" }],
};
const METHODS: Given = {
  exec: ["p", {}],
  resumeWithPrompt: ["id", "p", {}],
  stream: ["p", {}],
  execStreaming: ["p", {}],
  run: ["p", {}],
  runForResult: ["p", {}],
  resume: ["id", {}],
  continueLast: [{}],
};
const FUNCTIONS: Given = {
  registerProcess: [{ provider: "p", model: "m", command: "c" }],
  appendEventToLog: [undefined, event],
  recordAgentOutput: [undefined, { events: [] }],
  recordPrompt: [undefined, "text"],
  eventTypeName: [event],
  formatEvent: [event, "text", {}],
  formatTimestamp: ["2026-01-01T00:00:00Z", "%H"],
  matchesFilter: [event, []],
  parseListenFormat: ["text"],
  formatAttachments: [[]],
  readAttachments: [[], "."],
  autoCleanup: [],
  autoSelect: ["p", {}],
  getAllCapabilities: [],
  getCapability: ["mock"],
  listProviders: [],
  resolveModel: ["mock", "small", {}],
  cancelSessions: [["s"], "why", {}],
  gcCollect: [{}],
  retrySessions: [["s"], {}],
  followSession: ["s", {}],
  readEvents: ["s", {}],
  subscribeEvents: [{}],
  buildExitSuffix: ["hint", true],
  stripMarkdownFences: [""],
  validateExitResult: ["", null],
  validateJson: ["1"],
  validateJsonSchema: ["1"],
  // Whatever is no schema is a SchemaError.
  validateSchema: [],
  templateFor: ["mock"],
  collectResults: [["s"], {}],
  pipeSessions: [["s"], "p", {}],
  summarizeSessions: [["s"], {}],
  search: [{}],
  closeInput: ["s", {}],
  sendBroadcast: ["text", {}],
  sendInput: ["s", "text", {}],
  determineStatus: ["s", {}],
  spawnSession: [{}],
  plan: [{ goal: "g" }],
  review: [{}],
  waitForSessions: [["s"], {}],
};
const SKILLS: Given = {
  list: [{}],
  get: ["n"],
  add: ["n", {}],
  remove: ["n"],
  sync: [],
  setup: ["claude"],
  import: ["claude"],
};
const MCP: Given = {
  list: [{}],
  get: ["n", {}],
  add: [{ name: "n" }, {}],
  remove: ["n", {}],
  sync: [{}],
  setup: ["claude", {}],
  import: ["claude"],
};

const failed = new FailedCalls();
await failed.of("AgentBuilder", new AgentBuilder(), { ...BUILDER, ...METHODS });
await failed.of("ZagBuilder", new ZagBuilder(), {
  clone: [],
  json: [],
  jsonSchema: [{}],
  autoCleanup: [false],
  execResume: ["id", "p", {}],
  execContinue: ["p", {}],
  streamResume: ["id", "p", {}],
  streamContinue: ["p", {}],
});
const plain = Object.fromEntries(
  Object.entries(library).filter(([, value]) =>
    typeof value === "function" && !/^class\b/.test(Function.prototype.toString.call(value))
  ),
);
await using log = await SessionLog.start({ provider: "mock", command: "test" });
await failed.of("library", plain, {
  ...FUNCTIONS,
  appendEventToLog: [log, event],
  recordAgentOutput: [log, { events: [] }],
  recordPrompt: [log, "text"],
});
await failed.of("skills", library.skills, SKILLS);
await failed.of("mcp", library.mcp, MCP);
await failed.of("Sandbox", library.Sandbox, { remove: ["n"] });
await failed.of("SessionLog", log, { emit: [event, "wrapper"], finish: [{ success: true }] });
using sessions = await SessionStore.open();
await failed.of("SessionStore", sessions, {
  list: [{}],
  get: ["id"],
  resolve: ["id"],
  status: ["id"],
  update: ["id", {}],
  delete: ["id"],
  close: [],
});
using processes = await ProcessStore.open();
await failed.of("ProcessStore", processes, { list: [{}], get: ["id"], close: [] });
const config = await Config.load();
// What a setting can have as its value, its key says.
await failed.of("Config", config, { get: ["model"], source: ["model"], set: ["model"] });
await failed.statics("SessionLog", SessionLog, { start: [{ provider: "mock", command: "c" }] });
await failed.statics("SessionStore", SessionStore, { open: [{}] });
await failed.statics("ProcessStore", ProcessStore, { open: [] });
await failed.statics("Config", Config, { load: ["."] });
await failed.statics("Worktree", library.Worktree, { create: [".", "n"] });
await Deno.writeTextFile(result, JSON.stringify(failed.found));
// Whatever was not refused may still be under way.
if (failed.found.problems.length > 0) Deno.exit();
