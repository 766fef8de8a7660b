/** The arguments of the Ollama agent. */
import { ZagError } from "../../errors.ts";

/** What the arguments say. */
export interface OllamaArgs {
  output: "events" | "text";
  /** Id of a new conversation. */
  session?: string;
  /** Id of the conversation that goes on. */
  resume?: string;
  model?: string;
  systemPromptFile?: string;
  schemaFile?: string;
}

/** Arguments that cannot be used. */
export class OllamaArgsError extends ZagError {
  override name = "OllamaArgsError";
}

const VALUES: Readonly<Record<string, (args: OllamaArgs, value: string) => void>> = {
  "--session": (args, value) => args.session = value,
  "--resume": (args, value) => args.resume = value,
  "--model": (args, value) => args.model = value,
  "--system-prompt-file": (args, value) => args.systemPromptFile = value,
  "--schema-file": (args, value) => args.schemaFile = value,
  "--output": (args, value) => {
    if (value !== "events" && value !== "text") {
      throw refuse(`--output must be events or text: got ${JSON.stringify(value)}`);
    }
    args.output = value;
  },
};

/**
 * Reads the arguments; a value stands behind an equals sign. A leading `--` is passed over.
 *
 * @throws {OllamaArgsError} for an unknown flag, a missing or wrong value, or both `--session` and
 * `--resume`.
 */
export function parseOllamaArgs(argv: readonly string[]): OllamaArgs {
  const args: OllamaArgs = { output: "events" };
  for (const token of argv[0] === "--" ? argv.slice(1) : argv) {
    const equals = token.indexOf("=");
    const name = equals < 0 ? token : token.slice(0, equals);
    const apply = Object.hasOwn(VALUES, name) ? VALUES[name] : undefined;
    if (!apply) throw refuse(`unknown argument "${name}"`);
    if (equals < 0) throw refuse(`${name} needs a value, as in ${name}=VALUE`);
    apply(args, token.slice(equals + 1));
  }
  if (args.session !== undefined && args.resume !== undefined) {
    throw refuse("--session and --resume exclude each other");
  }
  return args;
}

function refuse(problem: string): OllamaArgsError {
  return new OllamaArgsError(`Cannot start the Ollama agent: ${problem}`);
}
