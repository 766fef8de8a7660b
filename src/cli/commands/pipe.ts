/** `zag pipe`: one prompt about the results of other sessions. */
import type { LaunchOptions } from "../../agent/launch_options.ts";
import type { EarlierResult } from "../../agent/prompt.ts";
import { defineCommand, type FlagValues, listFlag, switchFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import {
  agentFlags,
  type GlobalFlags,
  isolationFlags,
  metadataFlags,
  outputFlag,
} from "../flags.ts";

const flags = {
  ...agentFlags,
  worktree: isolationFlags.worktree,
  sandbox: isolationFlags.sandbox,
  json: isolationFlags.json,
  jsonSchema: isolationFlags.jsonSchema,
  name: metadataFlags.name,
  description: metadataFlags.description,
  ...outputFlag(["text", "json", "json-pretty", "stream-json"]),
  tag: listFlag({ placeholder: "tag", brief: "The results of all sessions with this tag, too" }),
  context: listFlag({
    placeholder: "session",
    brief: "Put the result of another session in front of all",
  }),
  exitOnFailure: switchFlag({ brief: "Exit with 1 if the agent reports a failure" }),
};

type PipeFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const pipeCommand = defineCommand({
  name: "pipe",
  brief: "Run an agent on one prompt about the results of other sessions",
  detail:
    "The agent gets the results in the order in which the sessions are given, then those of the " +
    "tags, newest first; each once. They stand before the prompt, in elements <session-result> " +
    "that are well-formed XML whatever the results hold. A session without a result is left out, " +
    "with a warning; if none is left, no agent is started. Sessions are not waited for: of one that " +
    'still runs, what was said last is taken, with a warning. "zag wait" waits.\n\n' +
    "The prompt stands after --, as one word; - reads it from stdin. The answer is printed as exec " +
    "prints it, and the new session is like one of exec.\n\n" +
    "Example:\n\n" +
    '  zag pipe build review --tag tests -- "What is to be done first?"',
  flags,
  operand: {
    name: "session",
    brief: "Id, the beginning of one, or a name",
    many: true,
    neededWith: (keys) => !keys.has("tag"),
    afterDashes: { name: "prompt", brief: "What to do with the results; - reads it from stdin" },
  },
  run: runPipe,
});

async function runPipe(
  ctx: CliContext,
  flags: PipeFlags,
  operands: readonly string[],
): Promise<number> {
  const [{ execSession }, { requireSelection }, { AnswerProgress }] = await Promise.all([
    import("../exec_session.ts"),
    import("../find_sessions.ts"),
    import("../answer_progress.ts"),
  ]);
  const { refs, words } = splitWords(operands);
  const given = await checkPrompt(flags, refs, words);
  requireSelection(refs, flags.tag);
  const options = await pipeOptions(flags);
  const prompt = await readGiven(ctx, given);
  const inputs = await readInputs(ctx, flags, refs);
  const many = inputs.length === 1 ? "1 session" : `${inputs.length} sessions`;
  using progress = new AnswerProgress(
    ctx,
    flags.quiet,
    `Waiting for the answer about the results of ${many}`,
  );
  return await execSession(progress.ctx, {
    ...flags,
    json: flags.json || flags.jsonSchema !== undefined,
    continue: false,
  }, { options, prompt, inputs, resume: undefined, streamInput: false });
}

function splitWords(
  operands: readonly string[],
): { refs: readonly string[]; words: readonly string[] | undefined } {
  const dashes = operands.indexOf("--");
  return dashes < 0
    ? { refs: operands, words: undefined }
    : { refs: operands.slice(0, dashes), words: operands.slice(dashes + 1) };
}

const FORM = 'The form is: zag pipe SESSION... -- "PROMPT"';

/** The prompt as it stands on the command line. */
async function checkPrompt(
  { prompt }: PipeFlags,
  refs: readonly string[],
  words: readonly string[] = [],
): Promise<string> {
  const { UsageError } = await import("../errors.ts");
  const [word, ...more] = words;
  if (prompt !== undefined && word !== undefined) {
    throw new UsageError('Cannot use "--prompt" with a prompt after "--": "pipe" takes one prompt');
  }
  if (more.length > 0) {
    throw new UsageError(
      `Cannot take ${words.length} words after "--": the prompt is one`,
      "Text with spaces in it needs quotes around it",
    );
  }
  const given = prompt ?? word;
  if (given === undefined) {
    const isText = /\s/.test(refs.at(-1) ?? "");
    throw new UsageError(
      'Missing prompt for "pipe": it stands after "--"' +
        (isText ? `, and not among the sessions: ${JSON.stringify(refs.at(-1))}` : ""),
      FORM,
    );
  }
  if (given.trim() === "") {
    throw new UsageError("Cannot run an empty prompt: say what to do with the results", FORM);
  }
  return given;
}

async function readGiven(ctx: CliContext, given: string): Promise<string> {
  if (given !== "-") return given;
  const { readPrompt } = await import("../prompt_input.ts");
  return await readPrompt(ctx, given, "pipe");
}

async function pipeOptions(flags: PipeFlags): Promise<LaunchOptions> {
  const { checkCombinations, conflict, toOptions } = await import("../agent_flags.ts");
  const { output, jsonSchema } = flags;
  const json = jsonSchema !== undefined ? "--json-schema" : flags.json ? "--json" : undefined;
  if (json !== undefined && output === "stream-json") conflict(json, "-o stream-json");
  const shared = {
    ...flags,
    tag: [],
    plan: undefined,
    session: undefined,
    resume: undefined,
    continue: false,
  };
  checkCombinations(shared);
  const format = json === undefined ? output : "json";
  return { ...toOptions(shared), ...(format === undefined ? {} : { outputFormat: format }) };
}

/** The results of the sessions that are meant; says which are left out, and which may change yet. */
async function readInputs(
  ctx: CliContext,
  flags: PipeFlags,
  refs: readonly string[],
): Promise<EarlierResult[]> {
  const [{ openSessions }, { pipeInputs }, { resolveSessions }, { printMessage }] = await Promise
    .all([
      import("../open_sessions.ts"),
      import("../../orchestration/pipe_inputs.ts"),
      import("../../sessions/resolve.ts"),
      import("../message.ts"),
    ]);
  using sessions = await openSessions(ctx, flags);
  const { store, scope } = sessions;
  return await pipeInputs({
    store,
    now: ctx.now(),
    from: ctx.env.get("ZAG_SESSION_ID"),
    warning: (message) => void (flags.quiet || printMessage(ctx, `warning: ${message}`)),
  }, resolveSessions(store, refs, flags.tag, scope));
}
