/** Descriptors that whoever started us has left open for us, beyond stdin, stdout and stderr. */
import { hasAllPermissions } from "./permissions.ts";
import { closeOnExec, isOpenOnExec, libc, openOnExec } from "./pty_libc.ts";

/** Bit of `flags` in the files of `/proc/self/fdinfo`. */
const O_CLOEXEC = 0o2000000;

/**
 * Keeps inherited descriptors from programs that are started, until the result is disposed. A program
 * that goes on in the background would hold the other end of somebody's pipe open for its whole life.
 *
 * Does nothing where it may not look at them, or the system is neither Linux nor macOS.
 */
export function keepInheritedFiles(): Disposable {
  const kept: number[] = [];
  if (hasAllPermissions()) {
    try {
      for (const fd of inherited()) {
        closeOnExec(libc(), fd);
        kept.push(fd);
      }
    } catch {
      // Without them the program still does its work.
    }
  }
  return { [Symbol.dispose]: () => kept.forEach((fd) => openOnExec(libc(), fd)) };
}

function inherited(): number[] {
  if (Deno.build.os === "linux") {
    // The library is not loaded where there is nothing to do, which is the rule.
    return descriptors("/proc/self/fd").filter((fd) => (flagsOf(fd) & O_CLOEXEC) === 0);
  }
  if (Deno.build.os !== "darwin") return [];
  return descriptors("/dev/fd").filter((fd) => isOpenOnExec(libc(), fd));
}

function descriptors(directory: string): number[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => Number(name)).filter((fd) => fd > 2);
}

/** One that is closed meanwhile counts as one that nobody gets. */
function flagsOf(fd: number): number {
  try {
    const info = Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
    const flags = /^flags:\s*(\d+)/m.exec(info)?.[1];
    return flags === undefined ? O_CLOEXEC : parseInt(flags, 8);
  } catch {
    return O_CLOEXEC;
  }
}
