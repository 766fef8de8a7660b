/** What the tests of the sessions room share. */
import { join } from "node:path";
import type { LogEvent, LogKind } from "../../src/events/log_event.ts";
import type { NewSession } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** When the sessions of {@linkcode session} were created. */
export const AT = "2026-01-02T03:04:05.678Z";

/** A session with nothing but what it must have. */
export function session(sessionId: string, more: Partial<NewSession> = {}): NewSession {
  return {
    sessionId,
    provider: "mock",
    command: "exec",
    workspacePath: "/w",
    createdAt: AT,
    ...more,
  };
}

/** Runs a test with a fresh store. */
export async function withStore(test: (store: SessionStore, path: string) => void): Promise<void> {
  await inTemp((dir) => {
    const path = join(dir, "state", "zag.db");
    using store = SessionStore.open(path, { now: () => new Date("2026-05-05T05:05:05.555Z") });
    test(store, path);
  });
}

/** Runs a test in a fresh directory. */
export async function inTemp(test: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A message of the assistant as the log has it. */
export function message(content: string): LogKind {
  return { type: "assistant_message", content, message_id: null };
}

/** The lines of a log file; fails on one that is not whole. */
export function wholeLines(path: string): LogEvent[] {
  const text = Deno.readTextFileSync(path);
  assert(text === "" || text.endsWith("\n"), "the log ends with a newline");
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Fails unless each number is greater than the one before. */
export function assertRising(numbers: readonly number[]): void {
  const at = numbers.findIndex((value, index) => index > 0 && value <= numbers[index - 1]!);
  assert(at < 0, `number ${numbers[at]} at ${at} follows ${numbers[at - 1]}`);
}

/** The command line of a program in `children`. */
export function childArgs(name: string, args: readonly string[], flags: string[] = []): string[] {
  const program = join(import.meta.dirname!, "children", `${name}.ts`);
  return ["run", "-A", "--no-check", ...flags, program, ...args];
}

/** Runs a program in `children` to its end and returns what it printed as JSON. */
export async function runChild(
  name: string,
  args: readonly string[],
  flags: string[] = [],
): Promise<unknown> {
  const command = new Deno.Command(Deno.execPath(), { args: childArgs(name, args, flags) });
  return await jsonOf(command);
}

/** Runs a command to its end and returns what it printed as JSON. */
export async function jsonOf(command: Deno.Command): Promise<unknown> {
  const { success, stdout, stderr } = await command.output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Starts one child for each list of arguments, lets them go at the same moment, and waits. */
export async function runAtOnce(name: string, argLists: string[][]): Promise<void> {
  const children = argLists.map((args) =>
    new Deno.Command(Deno.execPath(), {
      args: childArgs(name, args),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn()
  );
  try {
    // Each says that it is up, and goes when its stdin ends.
    const readers = children.map((child) => child.stdout.getReader());
    await Promise.all(readers.map((reader) => reader.read()));
    readers.forEach((reader) => reader.releaseLock());
    await Promise.all(children.map((child) => child.stdin.close()));
    const results = await Promise.all(children.map((child) => child.output()));
    const errors = results.filter((result) => !result.success)
      .map((result) => new TextDecoder().decode(result.stderr));
    assertEquals(errors, []);
  } finally {
    for (const child of children) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }
}
