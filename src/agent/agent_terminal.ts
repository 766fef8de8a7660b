/** The terminal that an interactive agent works on: the one that zag has, the person's, or none's. */
import { delay } from "../delay.ts";
import { startSubprocess, type SubprocessExit } from "../processes/subprocess.ts";
import type { ProcessIdentity } from "../processes/process_info.ts";
import type { StartedPlan } from "./launch_request.ts";
import type { TerminalKind } from "./settle.ts";

/** An agent that was started on a terminal. */
export interface TerminalAgent extends Disposable {
  readonly identity: ProcessIdentity;
  readonly exit: Promise<SubprocessExit>;
  /** It leads a session and a process group of its own. */
  readonly detached: boolean;
  /** Fulfilled when what the agent had printed by then is on the screen. */
  drained(): Promise<void>;
  /**
   * The last lines on a screen that nobody sees; empty for one that somebody does.
   *
   * @param lines How many. @default 15
   */
  screen(lines?: number): string;
}

/** How large a terminal that nobody sees is: interfaces cut what they show. */
const COLUMNS = 120;
const ROWS = 40;
/** What is on its way from an agent that has ended arrives within this time. */
const DRAIN_MS = 500;
/** So much of the screen explains a failure. */
const SHOWN_LINES = 15;

/** These tell an agent that nobody is at the terminal, or about another terminal. */
const NOT_PRIVATE = [
  "CI",
  "CONTINUOUS_INTEGRATION",
  "GITHUB_ACTIONS",
  "COLUMNS",
  "LINES",
  "TERM_PROGRAM",
  "TERM_PROGRAM_VERSION",
  "TMUX",
  "TMUX_PANE",
  "STY",
  "NO_COLOR",
];

/**
 * Starts an agent.
 *
 * @param given Variables that the person gave for it; they stay, also on a private terminal.
 * @param drawn Called when something was drawn on a screen that nobody sees.
 * @throws {SpawnError} when it can't be started.
 * @throws {NoTerminalError} when no person is at a terminal.
 * @throws {PtyUnavailableError} when the system has no private terminals.
 */
export async function startOnTerminal(
  kind: TerminalKind,
  started: StartedPlan,
  given: Readonly<Record<string, string>> = {},
  drawn?: () => void,
): Promise<TerminalAgent> {
  const { program, args, env, plan: { cwd } } = started;
  if (kind === "private") return await startPrivately(started, given, drawn);
  if (kind === "person") {
    const { startOnTerminal } = await import("../processes/pty.ts");
    return visible(startOnTerminal({ program, args, env, cwd }));
  }
  // It must stay in the terminal's foreground group, or it could not read from the terminal.
  return visible(startSubprocess({
    program,
    args,
    env,
    cwd,
    detached: false,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }));
}

function visible(child: Pick<TerminalAgent, "identity" | "exit">): TerminalAgent {
  return {
    identity: child.identity,
    exit: child.exit,
    detached: false,
    drained: () => Promise.resolve(),
    screen: () => "",
    [Symbol.dispose]: () => {},
  };
}

async function startPrivately(
  { program, args, env, plan }: StartedPlan,
  given: Readonly<Record<string, string>>,
  drawn: (() => void) | undefined,
): Promise<TerminalAgent> {
  const [{ startInPty }, { VirtualTerminal }] = await Promise.all([
    import("../processes/pty.ts"),
    import("../processes/virtual_terminal.ts"),
  ]);
  const size = { columns: COLUMNS, rows: ROWS };
  const screen = await VirtualTerminal.open({
    ...size,
    answer: (text) => void child.write(text),
  });
  const own = { ...privateEnvironment(env), ...given };
  const child = startInPty({ program, args, env: own, cwd: plan.cwd, ...size });
  const reading = (async () => {
    for await (const chunk of child.read()) {
      // It has to be read in any case, or the agent would wait.
      await screen.write(chunk).catch(() => {});
      drawn?.();
    }
  })();
  reading.catch(() => {});
  return {
    identity: child.identity,
    exit: child.exit,
    detached: true,
    // Something that it has started may hold the terminal for longer.
    drained: () => Promise.race([reading.catch(() => {}), delay(DRAIN_MS)]),
    screen: (lines = SHOWN_LINES) => screen.tail(lines),
    [Symbol.dispose]: () => {
      // Whoever still holds the terminal is hung up on, so this comes after the end of the tree.
      child[Symbol.dispose]();
      screen[Symbol.dispose]();
    },
  };
}

function privateEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const own: Record<string, string> = {
    ...env,
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
  };
  for (const name of NOT_PRIVATE) delete own[name];
  return own;
}
