/** Why a program could not be started. */
import { ZagError } from "../errors.ts";
import { isGranted } from "./permissions.ts";

/** What was wrong, for callers that react to it. */
export type SpawnErrorReason =
  | "not-found"
  | "not-executable"
  | "cwd-missing"
  | "arguments-too-long"
  | "invalid-argument"
  | "other";

const EXPLANATIONS: Readonly<Record<SpawnErrorReason, string>> = {
  "not-found": "there is no such program",
  "not-executable": "it may not be executed",
  "cwd-missing": "the working directory does not exist",
  "arguments-too-long": "its arguments and environment are too long for the system",
  "invalid-argument": "an argument or a variable holds a NUL character",
  "other": "the system refused",
};

const HINTS: Readonly<Partial<Record<SpawnErrorReason, string>>> = {
  "not-found": "Install it, or put its directory on PATH",
  "not-executable": "Make it executable, or check the interpreter in its first line",
  "arguments-too-long": "Pass long text on stdin or in a file",
};

/** A program that could not be started. Nothing is left running. */
export class SpawnError extends ZagError {
  /** Name of the class. */
  override name = "SpawnError";

  /**
   * Makes the error.
   *
   * @param program What was to be started.
   * @param cwd Where.
   * @param reason What was wrong.
   */
  constructor(
    readonly program: string,
    readonly cwd: string,
    readonly reason: SpawnErrorReason,
    options?: ErrorOptions,
  ) {
    const where = reason === "cwd-missing" ? ` in ${JSON.stringify(cwd)}` : "";
    const detail = reason === "other" && options?.cause instanceof Error
      ? `: ${options.cause.message}`
      : "";
    super(`Cannot start ${JSON.stringify(program)}${where}: ${EXPLANATIONS[reason]}${detail}`, {
      ...options,
      hint: HINTS[reason],
    });
  }
}

/** Turns what a failed spawn threw into what the caller shall see. */
export function toSpawnError(error: unknown, program: string, cwd: string): unknown {
  // A missing permission is not the program's fault, and names its own flag.
  if (!(error instanceof Error) || error instanceof Deno.errors.NotCapable) return error;
  return new SpawnError(program, cwd, reasonOf(error, program), { cause: error });
}

function reasonOf(error: Error, program: string): SpawnErrorReason {
  const code = (error as { code?: unknown }).code;
  if (code === "E2BIG") return "arguments-too-long";
  if (error instanceof TypeError) return "invalid-argument";
  if (error instanceof Deno.errors.PermissionDenied || code === "ENOEXEC") return "not-executable";
  if (!(error instanceof Deno.errors.NotFound)) return "other";
  // Deno says NotFound for three things: no directory, no program, no interpreter of a script.
  if (/: (No such cwd|cwd is not a directory) '/.test(error.message)) return "cwd-missing";
  return program.includes("/") && exists(program) ? "not-executable" : "not-found";
}

function exists(path: string): boolean {
  if (!isGranted({ name: "read", path })) return false;
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
