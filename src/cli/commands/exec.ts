/** `zag exec`: one prompt, one answer. */
import type { LaunchOptions } from "../../agent/launch_options.ts";
import {
  defineCommand,
  type FlagValues,
  listFlag,
  optionalFlag,
  switchFlag,
  valueFlag,
} from "../command.ts";
import type { CliContext } from "../context.ts";
import {
  agentFlags,
  type GlobalFlags,
  isolationFlags,
  jsonStreamFlag,
  metadataFlags,
  outputFlag,
  resumeFlags,
} from "../flags.ts";

const flags = {
  ...agentFlags,
  ...isolationFlags,
  ...jsonStreamFlag,
  ...metadataFlags,
  ...resumeFlags,
  ...outputFlag(["text", "json", "json-pretty", "stream-json", "native-json"]),
  inputFormat: valueFlag({
    short: "i",
    placeholder: "format",
    brief: "What stdin holds: text, or one JSON message a line while the agent runs",
    choices: ["text", "stream-json"],
  }),
  replayUserMessages: switchFlag({
    brief: "Repeat the messages of stdin in the output; needs -i and -o stream-json",
  }),
  includePartialMessages: switchFlag({
    brief: "Print text while it is being made; needs -o stream-json",
  }),
  exitOnFailure: switchFlag({ brief: "Exit with 1 if the agent reports a failure" }),
  context: listFlag({
    placeholder: "session",
    brief: "Put the result of another session before the prompt",
  }),
  plan: valueFlag({ placeholder: "path", brief: "Put a plan file before the prompt" }),
  exit: optionalFlag({ placeholder: "hint", brief: 'Only for "run"', take: "any", hidden: true }),
};

/** The flags of `exec` as they arrive. */
export type ExecFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const execCommand = defineCommand({
  name: "exec",
  brief: "Run an agent on one prompt and print its answer",
  detail:
    "With --json the answer must be JSON, with --json-schema JSON that matches a schema: it " +
    "is found in what the agent says, checked, and printed alone on one line. An answer that will " +
    "not do is sent back with the reasons, up to three times. If the last one will not do either, " +
    "nothing is printed on stdout, the reasons are on stderr, and the exit code is 1. A schema " +
    "that cannot be used is refused before any agent starts, with exit code 1 too. -o json and " +
    "-o json-pretty print the whole session, with the JSON text as its result.",
  flags,
  operand: {
    name: "prompt",
    brief: "What to do; - reads it from stdin, as its absence does",
    required: "or-stdin",
  },
  run: runExec,
});

/** Runs one prompt; `run` with a JSON flag comes here too. */
export async function runExec(
  ctx: CliContext,
  flags: ExecFlags,
  operands: readonly string[],
): Promise<number> {
  // All at once: each request of its own looks at every module again.
  const [{ execSession }, { firstMessage, readPrompt }] = await Promise.all([
    import("../exec_session.ts"),
    import("../prompt_input.ts"),
    import("../agent_flags.ts"),
  ]);
  const options = await execOptions(flags);
  const streamInput = options.inputFormat === "stream-json";
  const prompt = streamInput
    ? firstMessage(operands[0])
    : await readPrompt(ctx, operands[0], "exec", flags.quiet);
  return await execSession(ctx, { ...flags, json: jsonFlag(flags) !== undefined }, {
    options,
    prompt,
    resume: flags.resume !== undefined
      ? { id: flags.resume }
      : flags.continue
      ? { latest: true }
      : undefined,
    streamInput,
    ...(streamInput ? { input: ctx.stdin.readable } : {}),
  });
}

/** The flag by which JSON was asked for. */
function jsonFlag(flags: ExecFlags): string | undefined {
  return flags.jsonSchema !== undefined ? "--json-schema" : flags.json ? "--json" : undefined;
}

/** The options that the flags of `exec` stand for; refuses what contradicts itself. */
export async function execOptions(flags: ExecFlags): Promise<LaunchOptions> {
  const { checkCombinations, conflict, toOptions } = await import("../agent_flags.ts");
  const { UsageError } = await import("../errors.ts");
  if (flags.exit !== undefined) {
    throw new UsageError(
      'Cannot use --exit with "exec": exec prints its result anyway; --exit is for "zag run"',
    );
  }
  if (flags.jsonStream) {
    if (flags.json) conflict("--json-stream", "--json");
    if (flags.jsonSchema !== undefined) conflict("--json-stream", "--json-schema");
    if (flags.output !== undefined && flags.output !== "stream-json") {
      conflict("--json-stream", `-o ${flags.output}`);
    }
  }
  const json = jsonFlag(flags);
  if (json !== undefined) {
    if (flags.resume !== undefined) conflict(json, "--resume");
    if (flags.continue) conflict(json, "--continue");
    // One checked answer on one line is neither what happens nor what the CLI prints.
    if (flags.output === "stream-json" || flags.output === "native-json") {
      conflict(json, `-o ${flags.output}`);
    }
    // Several messages have several answers.
    if (flags.inputFormat === "stream-json") conflict(json, "-i stream-json");
  }
  checkCombinations(flags);
  const format = json !== undefined
    ? "json"
    : flags.output ?? (flags.jsonStream ? "stream-json" : undefined);
  if (
    flags.replayUserMessages && (format !== "stream-json" || flags.inputFormat !== "stream-json")
  ) {
    throw new UsageError(
      "Cannot use --replay-user-messages: it needs -i stream-json and -o stream-json",
    );
  }
  if (flags.inputFormat === "stream-json" && (format === "text" || format === "native-json")) {
    conflict("-i stream-json", `-o ${format}`);
  }
  if (flags.includePartialMessages && format !== "stream-json") {
    throw new UsageError("Cannot use --include-partial-messages: it needs -o stream-json");
  }
  return {
    ...toOptions(flags),
    ...(format === undefined ? {} : { outputFormat: format }),
    ...(flags.inputFormat === undefined ? {} : { inputFormat: flags.inputFormat }),
    ...(flags.replayUserMessages ? { replayUserMessages: true } : {}),
    ...(flags.includePartialMessages ? { includePartialMessages: true } : {}),
  };
}
