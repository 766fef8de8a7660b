/** Runs a program to its end and accounts for it from outside, as a whole process. */

/** A program to measure. */
export interface Program {
  /** A path, or a name on the `PATH` of `env`. */
  readonly command: string;
  readonly args: readonly string[];
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
  /** Text for stdin, which is empty without it. */
  readonly stdin?: string;
}

/** What a run took and gave. */
export interface Run {
  /** From the start to the exit, in milliseconds. */
  readonly wallMs: number;
  /** From the start to the first byte on stdout, in milliseconds; undefined when there was none. */
  readonly firstByteMs: number | undefined;
  /** Bytes on stdout. */
  readonly bytes: number;
  /** How often the wanted byte occurred on stdout. */
  readonly marks: number;
  /** The most memory that the process itself ever held, in bytes; undefined where unknown. */
  readonly peakBytes: number | undefined;
}

/** What is measured besides the time. */
export interface MeasureOptions {
  /** Watches the memory; Linux only. */
  readonly memory?: boolean;
  /** A byte to be counted on stdout. */
  readonly mark?: number;
}

/** A program did not do what it was started for, so that its time says nothing. */
export class FailedRunError extends Error {
  override name = "FailedRunError";
}

/** The kernel keeps the maximum itself, so that only what grows at the very end can be missed. */
const SAMPLE_MS = 5;

/**
 * Runs a program to its end. Its stdout is a pipe that is read as fast as it is filled.
 *
 * @throws {FailedRunError} When it exits with another code than 0.
 */
export async function measure(program: Program, options: MeasureOptions = {}): Promise<Run> {
  const { command, args, env, cwd, stdin } = program;
  const start = performance.now();
  const child = new Deno.Command(command, {
    args: [...args],
    env: { ...env },
    clearEnv: true,
    cwd,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const ended = child.status.then((status) => ({ status, at: performance.now() }));
  using memory = options.memory ? watchMemory(child.pid) : undefined;
  const errors = new Response(child.stderr).text();
  const output = drain(child.stdout, options.mark);
  if (stdin !== undefined) await feed(child.stdin, stdin);
  const { status, at } = await ended;
  const { bytes, marks, firstAt } = await output;
  if (!status.success) {
    throw new FailedRunError(
      `${command} ${args.join(" ")}\nended with ${status.signal ?? status.code}: ${await errors}`,
    );
  }
  await errors;
  return {
    wallMs: at - start,
    firstByteMs: firstAt === undefined ? undefined : firstAt - start,
    bytes,
    marks,
    peakBytes: memory?.peakBytes,
  };
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
}

async function drain(
  stream: ReadableStream<Uint8Array>,
  mark: number | undefined,
): Promise<{ bytes: number; marks: number; firstAt: number | undefined }> {
  let bytes = 0;
  let marks = 0;
  let firstAt: number | undefined;
  for await (const chunk of stream) {
    firstAt ??= performance.now();
    bytes += chunk.length;
    if (mark !== undefined) marks += countByte(chunk, mark);
  }
  return { bytes, marks, firstAt };
}

/** How often a byte occurs. */
export function countByte(bytes: Uint8Array, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

/** How often a byte occurs in a file. */
export async function countByteInFile(path: string, byte: number): Promise<number> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1024 * 1024);
  let count = 0;
  for (;;) {
    const length = await file.read(buffer);
    if (length === null) return count;
    count += countByte(buffer.subarray(0, length), byte);
  }
}

function watchMemory(pid: number): Disposable & { readonly peakBytes: number | undefined } {
  let peakBytes: number | undefined;
  const look = () => peakBytes = readPeak(pid) ?? peakBytes;
  look();
  const timer = setInterval(look, SAMPLE_MS);
  return {
    get peakBytes() {
      return peakBytes;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function readPeak(pid: number): number | undefined {
  try {
    return parsePeak(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    // Another system, or it has ended.
    return undefined;
  }
}

/** What a process holds, in bytes. */
export interface Memory {
  readonly residentBytes: number;
  /** What no other process shares. */
  readonly anonymousBytes: number;
}

/** What the text of `/proc/PID/status` says about memory; 0 where it says nothing. */
export function parseMemory(status: string): Memory {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024;
  return { residentBytes: bytes("VmRSS"), anonymousBytes: bytes("RssAnon") };
}

/** The peak in the text of `/proc/PID/status`, in bytes; undefined for a process without memory. */
export function parsePeak(status: string): number | undefined {
  const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
