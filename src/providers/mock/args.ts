/** The arguments of the mock agent. */
import { ZagError } from "../../errors.ts";
import { meant } from "./fields.ts";

/** What the arguments say. */
export interface MockArgs {
  output: "events" | "text";
  interactive: boolean;
  streamInput: boolean;
  replay: boolean;
  partial: boolean;
  autoApprove: boolean;
  /** Ask on stdout before each call of a tool, and wait for an answer on stdin. */
  asks: boolean;
  session?: string;
  resume?: string;
  model?: string;
  systemPromptFile?: string;
  promptFile?: string;
  mcpConfig?: string;
  maxTurns?: number;
  addDirs: string[];
}

/** Arguments that cannot be used. */
export class MockArgsError extends ZagError {
  override name = "MockArgsError";
}

type Apply = (args: MockArgs, value: string) => void;

const SWITCHES: Readonly<Record<string, (args: MockArgs) => void>> = {
  "--interactive": (args) => args.interactive = true,
  "--stream-input": (args) => args.streamInput = true,
  "--replay": (args) => args.replay = true,
  "--partial": (args) => args.partial = true,
  "--auto-approve": (args) => args.autoApprove = true,
  "--ask": (args) => args.asks = true,
};

const VALUES: Readonly<Record<string, Apply>> = {
  "--output": (args, value) => args.output = output(value),
  "--session": (args, value) => args.session = value,
  "--resume": (args, value) => args.resume = value,
  "--model": (args, value) => args.model = value,
  "--system-prompt-file": (args, value) => args.systemPromptFile = value,
  "--prompt-file": (args, value) => args.promptFile = value,
  "--mcp-config": (args, value) => args.mcpConfig = value,
  "--max-turns": (args, value) => args.maxTurns = turns(value),
  "--add-dir": (args, value) => args.addDirs.push(value),
};

/** The flags that the mock agent takes. */
export const MOCK_FLAGS: readonly string[] = [...Object.keys(SWITCHES), ...Object.keys(VALUES)];

/**
 * Reads the arguments; a value follows its flag, or stands behind an equals sign. A leading `--` is
 * passed over.
 *
 * @throws {MockArgsError} for an unknown flag, a missing or wrong value, or flags that exclude
 * each other.
 */
export function parseMockArgs(argv: readonly string[]): MockArgs {
  const args: MockArgs = {
    output: "events",
    interactive: false,
    streamInput: false,
    replay: false,
    partial: false,
    autoApprove: false,
    asks: false,
    addDirs: [],
  };
  const rest = (argv[0] === "--" ? argv.slice(1) : argv)[Symbol.iterator]();
  for (const token of rest) {
    const equals = token.indexOf("=");
    const name = equals < 0 ? token : token.slice(0, equals);
    const set = Object.hasOwn(SWITCHES, token) ? SWITCHES[token] : undefined;
    if (set) {
      set(args);
      continue;
    }
    const apply = Object.hasOwn(VALUES, name) ? VALUES[name] : undefined;
    if (!apply) throw refuse(`unknown argument "${name}"${meant(name, MOCK_FLAGS)}`);
    const value = equals < 0 ? rest.next().value : token.slice(equals + 1);
    if (value === undefined) throw refuse(`${name} needs a value`);
    apply(args, value);
  }
  if (args.session !== undefined && args.resume !== undefined) {
    throw refuse("--session and --resume exclude each other");
  }
  if (args.interactive && args.streamInput) {
    throw refuse("--interactive and --stream-input exclude each other");
  }
  if (args.asks && !args.streamInput) throw refuse("--ask needs --stream-input");
  return args;
}

function output(value: string): "events" | "text" {
  if (value === "events" || value === "text") return value;
  throw refuse(`--output must be events or text: got "${value}"`);
}

function turns(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw refuse(`--max-turns must be a whole number above 0: got "${value}"`);
}

function refuse(problem: string): MockArgsError {
  return new MockArgsError(`Cannot start the mock agent: ${problem}`);
}
