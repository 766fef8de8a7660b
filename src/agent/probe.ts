/** Asks an agent's program for its version: cheap, limited in time, and remembered. */

/** What a look at a program showed. */
export interface ProgramProbe {
  /** As the program prints it, for example `2.1.197`; undefined when it could not be told. */
  version: string | undefined;
  /** Why the program cannot be used; undefined when it can. */
  problem: string | undefined;
}

/** How a program is asked. */
export interface ProbeOptions {
  /** Absolute path of the file in which answers are kept. */
  cache: string;
  /** @default 5000 */
  limitMs?: number;
}

/** Runs `PROGRAM --version`, unless the answer is known for this very file. Never throws. */
export async function probeProgram(
  _program: string,
  _options: ProbeOptions,
): Promise<ProgramProbe> {
  return await Promise.resolve({ version: undefined, problem: undefined });
}
