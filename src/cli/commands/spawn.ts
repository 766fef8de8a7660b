/** `zag spawn`: starts a session in the background and prints its id. */
import type { SpawnedSession, SpawnRequest } from "../../orchestration/spawn_session.ts";
import type { SessionRecord } from "../../sessions/records.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { agentFlags, type GlobalFlags, isolationFlags, metadataFlags } from "../flags.ts";
import type { Sessions } from "../open_sessions.ts";

const { showUsage: _, ...backgroundAgentFlags } = agentFlags;

const flags = {
  ...backgroundAgentFlags,
  worktree: isolationFlags.worktree,
  sandbox: isolationFlags.sandbox,
  ...metadataFlags,
  context: listFlag({
    placeholder: "session",
    brief: "Put the result of another session before the prompt",
  }),
  plan: valueFlag({ placeholder: "path", brief: "Put a plan file before the prompt" }),
  dependsOn: listFlag({
    placeholder: "session",
    brief: "Start when this session has completed",
  }),
  injectContext: switchFlag({
    brief: "Put the results of the sessions of --depends-on before the prompt",
  }),
  interactive: switchFlag({
    short: "I",
    brief: 'Take messages from "zag input" until the session is closed or cancelled',
  }),
  json: switchFlag({ brief: "Print an object in place of the id" }),
};

type SpawnFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const spawnCommand = defineCommand({
  name: "spawn",
  brief: "Start a session in the background and print its id",
  detail:
    "The command ends as soon as the session is recorded. The session goes on without the terminal, " +
    "also when that is closed. What its agent says is in the session's log. stdin is read only for " +
    "the prompt -, so that loops over lines work.\n\n" +
    "With --depends-on the agent starts when all those sessions have completed. If one of them does " +
    "not, the new session fails without having started, and says which one it was. --timeout " +
    "counts from the start of the agent.\n\n" +
    "With --interactive the session answers one message after another; the prompt is the first one. " +
    "It ends well with zag input --close, and at once with zag cancel.",
  flags,
  operand: {
    name: "prompt",
    brief: "What to do; - reads it from stdin",
    neededWith: (keys) => !keys.has("interactive") && !keys.has("plan"),
  },
  run: runSpawn,
});

async function runSpawn(
  ctx: CliContext,
  flags: SpawnFlags,
  operands: readonly string[],
): Promise<number> {
  const [{ openSessions }, { checkSpawn, spawnSession }, { printMessage }] = await Promise.all([
    import("../open_sessions.ts"),
    import("../../orchestration/spawn_session.ts"),
    import("../message.ts"),
    import("../agent_flags.ts"),
  ]);
  checkSpawn({
    ...flags,
    prompt: operands[0],
    dependencies: flags.dependsOn,
    json: undefined,
    replay: undefined,
  });
  const prompt = await readGiven(ctx, flags, operands[0]);
  const options = await spawnOptions(flags);
  using sessions = await openSessions(ctx, flags);
  const request: SpawnRequest = {
    options,
    prompt,
    dependencies: await dependencies(sessions, flags),
    injectContext: flags.injectContext,
    interactive: flags.interactive,
  };
  const observer = {
    warning: (message: string) => void (flags.quiet || printMessage(ctx, `warning: ${message}`)),
    debug: (message: string) => void (flags.debug && printMessage(ctx, `* ${message}`)),
  };
  const start = () => spawnSession(sessions.store, request, ctx, observer);
  let spawned: SpawnedSession;
  try {
    spawned = await start();
  } catch (error) {
    const { askForPrint } = await import("../print_gate.ts");
    if (!await askForPrint(ctx, error)) throw error;
    spawned = await start();
  }
  await ctx.stdout.write(flags.json ? await spawnedJson(ctx, spawned) : `${spawned.sessionId}\n`);
  return 0;
}

async function readGiven(
  ctx: CliContext,
  flags: SpawnFlags,
  given: string | undefined,
): Promise<string | undefined> {
  if (given !== "-") return given;
  const { readPrompt } = await import("../prompt_input.ts");
  return await readPrompt(ctx, given, "spawn", flags.quiet);
}

async function spawnOptions(flags: SpawnFlags): Promise<SpawnRequest["options"]> {
  const { checkCombinations, toOptions } = await import("../agent_flags.ts");
  const shared = { ...flags, session: undefined, resume: undefined, continue: false };
  checkCombinations(shared);
  return toOptions(shared);
}

/** The sessions to wait for, each once. */
async function dependencies(
  { store, scope }: Sessions,
  { dependsOn }: SpawnFlags,
): Promise<SessionRecord[]> {
  if (dependsOn.length === 0) return [];
  const { resolveSessions } = await import("../../sessions/resolve.ts");
  return resolveSessions(store, dependsOn, [], scope);
}

async function spawnedJson(ctx: CliContext, spawned: SpawnedSession): Promise<string> {
  const { jsonText } = await import("../json_text.ts");
  const { sessionId, pid, logPath, interactive } = spawned;
  const info = { session_id: sessionId, pid, log_path: logPath, interactive };
  return jsonText(ctx, JSON.stringify(info)) + "\n";
}
