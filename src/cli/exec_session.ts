/**
 * One prompt to an agent, from the command line to the exit code: for every command that prints an
 * answer as `exec` does.
 *
 * @module
 */
import type { Isolation } from "../agent/isolate.ts";
import { launch, type LaunchObserver, type LaunchRequest } from "../agent/launch.ts";
import type { LaunchOptions } from "../agent/launch_options.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { Event } from "../events/event.ts";
import type { PermissionQuestion } from "../sessions/permission_files.ts";
import type { AnswerView } from "../events/render/answer_view.ts";
import type { CliContext } from "./context.ts";
import { diagnosed } from "./diagnostics.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { LimitsShown } from "./limits_shown.ts";
import { printMessage } from "./message.ts";
import { reportConduct, reportOutcome } from "./outcome_report.ts";
import type { SessionLines } from "./session_lines.ts";

/** The flags that say how a session is shown. */
export interface SessionFlags {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  /** The answer must be JSON. */
  readonly json: boolean;
  /** What it must satisfy. */
  readonly jsonSchema: string | undefined;
  readonly output: LaunchOptions["outputFormat"];
  readonly exitOnFailure: boolean;
  readonly showUsage: boolean;
  /** It goes on with the latest session, which nobody has named. */
  readonly continue: boolean;
  /** What the user said, for -o stream-json: agents do not repeat a prompt. Absent: left out. */
  readonly userMessage?: string | undefined;
  /** What the answer is, such as `plan`, where an empty one is an error. */
  readonly wants?: string | undefined;
  /** That a worktree was removed is said without -v, too. @default false */
  readonly saysRemoved?: boolean;
  /** Shows the session in another way than the formats do. */
  readonly view?: OutputView | undefined;
}

/** What is asked, and of whom. */
export type SessionRequest = Omit<
  LaunchRequest,
  "command" | "partialText" | "collectEvents" | "observer" | "signal" | "host"
>;

/**
 * Runs a session and shows it in the chosen format.
 *
 * @returns The exit code.
 * @throws {ZagError} when nothing could be started
 */
export async function execSession(
  ctx: CliContext,
  flags: SessionFlags,
  asked: SessionRequest,
): Promise<number> {
  let place: Isolation | undefined;
  const endIsolation = (isolation: Isolation) => {
    place = isolation;
    return Promise.resolve();
  };
  try {
    return await showSession(ctx, flags, { ...asked, endIsolation }, () => place !== undefined);
  } finally {
    // Outside of the launch: what is said here may take its time.
    if (place) {
      const { endIsolated } = await import("./isolation_view.ts");
      await endIsolated(ctx, place, {
        asks: false,
        quiet: flags.quiet,
        brief: !flags.verbose && !flags.saysRemoved,
      });
    }
  }
}

/** @param isApart How the session goes on is said with what becomes of its place. */
async function showSession(
  ctx: CliContext,
  flags: SessionFlags,
  asked: SessionRequest,
  isApart: () => boolean,
): Promise<number> {
  const { options } = asked;
  const view = await outputView(ctx, flags, options);
  await using limits = new LimitsShown(ctx, flags.quiet);
  const print = (text: string) => limits.before(() => printMessage(ctx, text));
  const lines = flags.verbose && !flags.quiet
    ? new (await import("./session_lines.ts")).SessionLines()
    : undefined;
  const request: LaunchRequest = {
    ...asked,
    command: "exec",
    attended: ctx.stderr.isTerminal && !flags.quiet,
    partialText: options.outputFormat === undefined,
    collectEvents: flags.output === "json" || flags.output === "json-pretty",
    observer: {
      ...view.observer,
      ...messages(flags, print, ctx.stderr.isTerminal, lines),
      ...limits.observer,
      isolated: async (made) => {
        if (flags.quiet) return;
        await (await import("./isolation_view.ts")).sayMade(ctx, made, flags.verbose);
      },
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
    const { askForPrint } = await import("./print_gate.ts");
    if (!await askForPrint(ctx, error)) throw error;
    outcome = await attempt();
  }
  const refused = await view.end(outcome);
  await limits.end(outcome);
  if (lines) await sayEnd(ctx, outcome, isApart());
  if (refused !== undefined) {
    await reportConduct(ctx, outcome, flags);
    return refused;
  }
  if (!flags.quiet) {
    const { warnAboutProgram } = await import("./program_advice.ts");
    await warnAboutProgram(ctx, outcome, "exec");
  }
  return await reportOutcome(ctx, outcome, {
    exitOnFailure: flags.exitOnFailure,
    quiet: flags.quiet,
    showUsage: flags.showUsage,
    needsAnswer: true,
    wants: flags.wants,
  });
}

/** @param isApart How the session goes on is said with what becomes of its place. */
async function sayEnd(ctx: CliContext, outcome: LaunchOutcome, isApart: boolean): Promise<void> {
  const { canGoOn, endLine } = await import("./session_lines.ts");
  const over = endLine(outcome);
  if (over === undefined) return;
  const { resumeHint } = await import("./isolation_view.ts");
  const hint = !isApart && canGoOn(outcome) ? `\n> ${resumeHint(outcome.sessionId)}` : "";
  await printMessage(ctx, over + hint);
}

/** What a person is told besides the answer. */
function messages(
  flags: SessionFlags,
  print: (text: string) => Promise<void>,
  isTerminal: boolean,
  lines: SessionLines | undefined,
): LaunchObserver {
  return {
    warning: (message) => void (flags.quiet || print(`warning: ${message}`)),
    debug: (message) => void (flags.debug && print(`* ${message}`)),
    asking: (question) => {
      if (!flags.quiet) void askingText(question).then(print);
    },
    status: (message) => {
      if (flags.verbose && !flags.quiet) print(`> ${message}`);
    },
    starting: (settled) => {
      if (lines) void print(lines.start(settled));
      // Nobody named it, so whoever looks on is told.
      else if (flags.continue && isTerminal && !flags.quiet) {
        void print(`> Session: ${settled.resumed?.name ?? settled.sessionId}`);
      }
    },
  };
}

/** Who waits for what, and how it is answered. */
async function askingText(question: PermissionQuestion): Promise<string> {
  const { oneLine, withoutControls } = await import("../events/render/text.ts");
  const { id, session_id, tool_name, description } = question;
  const what = description === "" ? "" : `: ${oneLine(description, 200)}`;
  return `> May it use ${withoutControls(`${tool_name}${what}`)}?\n` +
    `> zag permit ${session_id} allow --id ${id}, or deny`;
}

/** Shows a session. */
export interface OutputView {
  observer: LaunchObserver;
  /** Runs the session in another way than a plain launch. */
  launch?(request: LaunchRequest): Promise<LaunchOutcome>;
  /** Prints what can only be printed at the end; an exit code means that it will not do. */
  end(outcome: LaunchOutcome): Promise<number | void>;
}

/** How the chosen format shows a session. */
export async function outputView(
  ctx: CliContext,
  flags: SessionFlags,
  options: LaunchOptions,
): Promise<OutputView> {
  if (flags.view) return flags.view;
  if (flags.json) {
    const { JsonView } = await import("./json_view.ts");
    const view = new JsonView(ctx, flags);
    return {
      observer: {},
      launch: (request) => view.launch(request),
      end: () => view.end(),
    };
  }
  const { jsonText } = await import("./json_text.ts");
  switch (options.outputFormat) {
    case "text":
    case "native-json":
      return {
        observer: { raw: (bytes) => ctx.stdout.write(bytes) },
        end: () => Promise.resolve(),
      };
    case "stream-json": {
      let said = flags.userMessage;
      const withSaid = (events: readonly Event[]): readonly Event[] => {
        if (said === undefined) return events;
        const message: Event = { type: "user_message", content: [{ type: "text", text: said }] };
        said = undefined;
        const at = events[0]?.type === "init" ? 1 : 0;
        return [...events.slice(0, at), message, ...events.slice(at)];
      };
      return {
        observer: {
          events: (events: readonly Event[]) =>
            ctx.stdout.write(
              withSaid(events).map((event) => jsonText(ctx, JSON.stringify(event)) + "\n").join(""),
            ),
        },
        end: () => Promise.resolve(),
      };
    }
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

async function answerView(ctx: CliContext, flags: SessionFlags): Promise<OutputView> {
  const view = (await newAnswerView(ctx, flags))();
  const show = async (segments: ReturnType<typeof view.render>) => {
    for (const { to, text } of segments) await ctx[to].write(text);
  };
  return {
    observer: { events: (events) => show(view.render(events)) },
    end: () => show(view.end()),
  };
}

/** Makes the views that show answers as text, one at a time. */
export async function newAnswerView(
  ctx: CliContext,
  flags: SessionFlags,
): Promise<() => AnswerView> {
  const { AnswerView } = await import("../events/render/answer_view.ts");
  const { VerboseView } = await import("../events/render/verbose_view.ts");
  const atTerminal = ctx.stdout.isTerminal;
  const verbose = flags.verbose && !flags.quiet
    ? new VerboseView({ color: ctx.color("stderr"), text: !atTerminal })
    : undefined;
  return () =>
    new AnswerView({
      indicators: atTerminal && !flags.quiet,
      shared: atTerminal && ctx.stderr.isTerminal,
      sanitize: atTerminal,
      warns: !flags.quiet,
      verbose,
    });
}
