/** `zag exec`: one prompt, one answer. */
import type { LaunchOutcome } from "../../agent/outcome.ts";
import type { AgentOptions } from "../../agent/options.ts";
import type { LaunchObserver, LaunchRequest } from "../../agent/launch.ts";
import type { Event } from "../../events/event.ts";
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
  const [
    { launch },
    { listenForInterrupts },
    { reportConduct, reportOutcome },
    { firstMessage, readPrompt },
    { diagnosed },
    { printMessage },
  ] = await Promise.all([
    import("../../agent/launch.ts"),
    import("../interrupts.ts"),
    import("../outcome_report.ts"),
    import("../prompt_input.ts"),
    import("../diagnostics.ts"),
    import("../message.ts"),
    import("../agent_flags.ts"),
  ]);
  const options = await execOptions(flags);
  const streamInput = options.inputFormat === "stream-json";
  const prompt = streamInput
    ? firstMessage(operands[0])
    : await readPrompt(ctx, operands[0], "exec", flags.quiet);
  const view = await outputView(ctx, flags, options);
  const request: LaunchRequest = {
    command: "exec",
    options,
    prompt,
    resume: flags.resume !== undefined
      ? { id: flags.resume }
      : flags.continue
      ? { latest: true }
      : undefined,
    streamInput,
    ...(streamInput ? { input: ctx.stdin.readable } : {}),
    partialText: options.outputFormat === undefined,
    collectEvents: flags.output === "json" || flags.output === "json-pretty",
    observer: {
      ...view.observer,
      ...messages(flags, (text) => printMessage(ctx, text), ctx.stderr.isTerminal),
    },
    host: ctx,
  };
  const start = diagnosed(ctx, flags.debug, view.launch ?? launch);
  // Whatever is asked or printed outside of a launch may wait for ever: there a signal ends zag.
  const attempt = async () => {
    using interrupts = listenForInterrupts();
    return await start({ ...request, signal: interrupts.signal });
  };
  let outcome: LaunchOutcome;
  try {
    outcome = await attempt();
  } catch (error) {
    const { askForPrint } = await import("../print_gate.ts");
    if (!await askForPrint(ctx, error)) throw error;
    outcome = await attempt();
  }
  const refused = await view.end(outcome);
  if (refused !== undefined) {
    await reportConduct(ctx, outcome, flags);
    return refused;
  }
  if (!flags.quiet) {
    const { warnAboutProgram } = await import("../program_advice.ts");
    await warnAboutProgram(ctx, outcome, "exec");
  }
  return await reportOutcome(ctx, outcome, {
    exitOnFailure: flags.exitOnFailure,
    quiet: flags.quiet,
    showUsage: flags.showUsage,
    needsAnswer: options.outputFormat !== "text",
  });
}

/** The flag by which JSON was asked for. */
function jsonFlag(flags: ExecFlags): string | undefined {
  return flags.jsonSchema !== undefined ? "--json-schema" : flags.json ? "--json" : undefined;
}

/** The options that the flags of `exec` stand for; refuses what contradicts itself. */
export async function execOptions(flags: ExecFlags): Promise<AgentOptions> {
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

/** What a person is told besides the answer. */
function messages(
  flags: ExecFlags,
  print: (text: string) => Promise<void>,
  isTerminal: boolean,
): LaunchObserver {
  return {
    warning: (message) => void (flags.quiet || print(`warning: ${message}`)),
    debug: (message) => void (flags.debug && print(`* ${message}`)),
    status: (message) => {
      if (flags.verbose && !flags.quiet) print(`> ${message}`);
    },
    starting: ({ autoSelected, sessionId, provider, resumed }) => {
      if (flags.quiet) return;
      if (!flags.verbose) {
        // Nobody named it, so whoever looks on is told.
        if (flags.continue && isTerminal) print(`> Session: ${resumed?.name ?? sessionId}`);
        return;
      }
      const chosen = autoSelected === undefined ? "" : `> Auto-selected: ${autoSelected}\n`;
      print(`${chosen}> Session: ${sessionId} (${provider.name})`);
    },
  };
}

/** How the chosen format shows a session. */
interface OutputView {
  observer: LaunchObserver;
  /** Runs the session in another way than a plain launch. */
  launch?(request: LaunchRequest): Promise<LaunchOutcome>;
  /** Prints what can only be printed at the end; an exit code means that it will not do. */
  end(outcome: LaunchOutcome): Promise<number | void>;
}

async function outputView(
  ctx: CliContext,
  flags: ExecFlags,
  options: AgentOptions,
): Promise<OutputView> {
  if (jsonFlag(flags) !== undefined) {
    const { JsonView } = await import("../json_view.ts");
    const view = new JsonView(ctx, flags);
    return {
      observer: {},
      launch: (request) => view.launch(request),
      end: () => view.end(),
    };
  }
  const { jsonText } = await import("../json_text.ts");
  switch (options.outputFormat) {
    case "text":
    case "native-json":
      return {
        observer: { raw: (bytes) => ctx.stdout.write(bytes) },
        end: () => Promise.resolve(),
      };
    case "stream-json":
      return {
        observer: {
          events: (events: readonly Event[]) =>
            ctx.stdout.write(
              events.map((event) => jsonText(ctx, JSON.stringify(event)) + "\n").join(""),
            ),
        },
        end: () => Promise.resolve(),
      };
    case "json":
    case "json-pretty": {
      const space = options.outputFormat === "json" ? undefined : 2;
      return {
        observer: {},
        end: ({ output }) =>
          ctx.stdout.write(jsonText(ctx, JSON.stringify(output, null, space)) + "\n"),
      };
    }
  }
  return await answerView(ctx, flags);
}

async function answerView(ctx: CliContext, flags: ExecFlags): Promise<OutputView> {
  const { AnswerView } = await import("../../events/render/answer_view.ts");
  const { VerboseView } = await import("../../events/render/verbose_view.ts");
  const atTerminal = ctx.stdout.isTerminal;
  const view = new AnswerView({
    indicators: atTerminal && !flags.quiet,
    shared: atTerminal && ctx.stderr.isTerminal,
    sanitize: atTerminal,
    warns: !flags.quiet,
    verbose: flags.verbose && !flags.quiet
      ? new VerboseView({ color: ctx.color("stderr"), text: !atTerminal })
      : undefined,
  });
  const show = async (segments: ReturnType<typeof view.render>) => {
    for (const { to, text } of segments) await ctx[to].write(text);
  };
  return {
    observer: { events: (events) => show(view.render(events)) },
    end: () => show(view.end()),
  };
}
