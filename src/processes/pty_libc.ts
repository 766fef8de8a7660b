/**
 * The part of the C library that makes terminals and starts programs in them, through FFI: it takes
 * `--allow-ffi` and nothing else.
 *
 * Run here: Linux with glibc on x86_64. musl, aarch64 and macOS rest on their headers and manuals.
 * Structures whose size differs between them are opaque and get more room than any of them needs.
 *
 * @module
 */
import { ZagError } from "../errors.ts";

/** Where terminals of our own can't be made. */
export class PtyUnavailableError extends ZagError {
  /** Name of the class. */
  override name = "PtyUnavailableError";

  /**
   * Makes the error.
   *
   * @param why The reason, as the end of the message.
   */
  constructor(why: string, options?: ErrorOptions) {
    super(`Cannot make a terminal for a program: ${why}`, {
      ...options,
      hint:
        "Linux (glibc 2.29 or newer, or musl) and macOS have them; run it in a terminal instead",
    });
  }
}

// Functions with a variable number of arguments, `int f(int, X, ...)`. Wherever the argument may be
// looked for, it is there: everybody but Apple's arm64 takes it from the third register; that one
// takes it from the stack, where the ninth argument of an ordinary function lies.
const VARIADIC_NUMBER = ["i32", "u64", "u64", "u64", "u64", "u64", "u64", "u64", "u64"] as const;
const VARIADIC_BUFFER = [
  "i32",
  "u64",
  "buffer",
  "u64",
  "u64",
  "u64",
  "u64",
  "u64",
  "buffer",
] as const;

const SYMBOLS = {
  access: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  fcntl: { parameters: VARIADIC_NUMBER, result: "i32" },
  grantpt: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: VARIADIC_BUFFER, result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  // Without O_CREAT its variable part is not read.
  open: { parameters: ["buffer", "i32"], result: "i32" },
  pipe: { parameters: ["buffer"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
  posix_openpt: { parameters: ["i32"], result: "i32" },
  posix_spawn: {
    parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  posix_spawn_file_actions_addchdir_np: {
    parameters: ["buffer", "buffer"],
    result: "i32",
    optional: true,
  },
  posix_spawn_file_actions_adddup2: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  posix_spawn_file_actions_addopen: {
    parameters: ["buffer", "i32", "buffer", "i32", "u32"],
    result: "i32",
  },
  posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawnattr_setsigmask: { parameters: ["buffer", "buffer"], result: "i32" },
  ptsname_r: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  sigaddset: { parameters: ["buffer", "i32"], result: "i32" },
  sigemptyset: { parameters: ["buffer"], result: "i32" },
  strerror: { parameters: ["i32"], result: "pointer" },
  tcgetpgrp: { parameters: ["i32"], result: "i32" },
  ttyname_r: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  unlockpt: { parameters: ["i32"], result: "i32" },
  waitid: {
    parameters: ["i32", "u32", "buffer", "i32"],
    result: "i32",
    nonblocking: true,
  },
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions, as the C library has them; numbers of type `isize` come as bigint. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Values that Linux and macOS give to the same names. */
export interface LibcConstants {
  readonly O_CLOEXEC: number;
  readonly O_NOCTTY: number;
  readonly O_NONBLOCK: number;
  readonly TIOCSWINSZ: bigint;
  readonly SPAWN_SETSID: number;
  readonly WNOWAIT: number;
}

const LINUX: LibcConstants = {
  O_CLOEXEC: 0x80000,
  O_NOCTTY: 0x100,
  O_NONBLOCK: 0x800,
  TIOCSWINSZ: 0x5414n,
  SPAWN_SETSID: 0x80,
  WNOWAIT: 0x1000000,
};

const MACOS: LibcConstants = {
  O_CLOEXEC: 0x1000000,
  O_NOCTTY: 0x20000,
  O_NONBLOCK: 0x4,
  TIOCSWINSZ: 0x80087467n,
  SPAWN_SETSID: 0x400,
  WNOWAIT: 0x20,
};

/** The values on this system. */
export const C: LibcConstants = Deno.build.os === "darwin" ? MACOS : LINUX;

/** The same on both systems. */
export const O_RDWR = 2;
export const POLLIN = 1;
export const POLLOUT = 4;
/** POLLERR, POLLHUP and POLLNVAL: nothing more will come once what is there has been read. */
export const POLL_OVER = 0x38;
export const SPAWN_SETSIGDEF = 4;
export const SPAWN_SETSIGMASK = 8;
export const P_PID = 1;
export const WEXITED = 4;
export const WNOHANG = 1;
export const X_OK = 1;

const F_GETFD = 1n;
const F_SETFD = 2n;
const F_SETFL = 4n;
const FD_CLOEXEC = 1n;

// musl answers to the name of glibc's file with itself.
const FILES: Readonly<Partial<Record<typeof Deno.build.os, string>>> = {
  linux: "libc.so.6",
  darwin: "/usr/lib/libSystem.B.dylib",
};

let loaded: Libc | undefined;

/**
 * The C library; it is loaded once and stays.
 *
 * @throws {PtyUnavailableError} On another system, and where a function is missing.
 * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
 */
export function libc(): Libc {
  return loaded ??= load();
}

function load(): Libc {
  const file = FILES[Deno.build.os];
  if (file === undefined) throw new PtyUnavailableError(`"${Deno.build.os}" is not supported`);
  try {
    return Deno.dlopen(file, SYMBOLS).symbols;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new PtyUnavailableError("the C library of this system is not supported", {
      cause: error,
    });
  }
}

/** Memory for a call, filled with zeros. It never moves, as small arrays of V8's heap may. */
export function memory(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(size));
}

/** A text with a NUL at its end. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  const encoded = new TextEncoder().encode(text);
  const block = memory(encoded.length + 1);
  block.set(encoded);
  return block;
}

/** A list as `char *const[]`: pointers, a null pointer, and behind them what they point to. */
export function cStrings(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const head = (texts.length + 1) * 8;
  const block = memory(encoded.reduce((size, text) => size + text.length + 1, head));
  const view = new DataView(block.buffer);
  const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(block));
  let at = head;
  encoded.forEach((text, index) => {
    view.setBigUint64(index * 8, start + BigInt(at), true);
    block.set(text, at);
    at += text.length + 1;
  });
  return block;
}

/** What the system says of an error number. */
export function errorText(lib: Libc, errno: number): string {
  const text = lib.strerror(errno);
  return text === null ? `error ${errno}` : Deno.UnsafePointerView.getCString(text);
}

/** Keeps a descriptor from programs that are started, whoever starts them. */
export function closeOnExec(lib: Libc, fd: number): void {
  variadic(lib, fd, F_SETFD, FD_CLOEXEC);
}

/** Hands a descriptor to programs that are started again. */
export function openOnExec(lib: Libc, fd: number): void {
  variadic(lib, fd, F_SETFD, 0n);
}

/** Whether programs that are started get a descriptor. */
export function isOpenOnExec(lib: Libc, fd: number): boolean {
  return (lib.fcntl(fd, F_GETFD, 0n, 0n, 0n, 0n, 0n, 0n, 0n) & Number(FD_CLOEXEC)) === 0;
}

/** Makes reads and writes of a descriptor return at once; it drops the other status flags. */
export function neverBlock(lib: Libc, fd: number): void {
  variadic(lib, fd, F_SETFL, BigInt(C.O_NONBLOCK));
}

function variadic(lib: Libc, fd: number, command: bigint, argument: bigint): void {
  lib.fcntl(fd, command, argument, 0n, 0n, 0n, 0n, 0n, argument);
}

/** The text that a call has left, up to its NUL. */
export function textIn(block: Uint8Array): string {
  return new TextDecoder().decode(block.subarray(0, block.indexOf(0)));
}

/** Opens a terminal that does not become our controlling one; negative when it can't be. */
export function openTty(lib: Libc, path: string): number {
  return lib.open(cString(path), O_RDWR | C.O_NOCTTY | C.O_CLOEXEC);
}

/** Tells a terminal how large it is; whoever runs in its foreground gets SIGWINCH. */
export function setWindowSize(lib: Libc, fd: number, columns: number, rows: number): void {
  const size = memory(8);
  new Uint16Array(size.buffer).set([rows, columns]);
  lib.ioctl(fd, C.TIOCSWINSZ, size, 0n, 0n, 0n, 0n, 0n, size);
}
