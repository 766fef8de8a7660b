/** What the tests of the whole program share: a home, scripts for the mock agent, stand-ins. */
import type { Step } from "../../src/providers/mock/script.ts";
import { livingWith, waitFor } from "../support/living.ts";
import { fromFileUrl } from "../support/paths.ts";
import { assertEquals } from "../support/assert.ts";
import { type Finished, TestHome, wholeLines, type ZagOptions } from "../support/zag.ts";

export { isAlive, livingWith, waitFor } from "../support/living.ts";

/** Output of the real CLI, as it was recorded. */
export const CLAUDE_OUTPUT = fromFileUrl(new URL("../fixtures/claude/", import.meta.url));

/** Makes a test of a function: it gets a home, and fails when a process of that home outlives it. */
export function inHome(test: (home: TestHome) => Promise<void>): () => Promise<void> {
  return async () => {
    await using home = await TestHome.create();
    try {
      await test(home);
      assertEquals(await leftovers(home), [], "nothing is left running");
    } finally {
      for (const { pid } of await livingWith(`HOME=${home.path}`)) endNow(pid);
    }
  };
}

/** Kills a process that may have ended by itself meanwhile. */
function endNow(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Commands of this home that still run, after a moment for those that are about to end. It is a long
 * one for a machine that is busy; what is left over by mistake stays for minutes.
 */
export async function leftovers(home: TestHome, patienceMs = 10_000): Promise<string[]> {
  const look = async () =>
    (await livingWith(`HOME=${home.path}`)).map(({ pid, command }) => `${pid} ${command}`);
  await waitFor(
    "the end of all processes",
    async () => (await look()).length === 0 ? true : undefined,
    patienceMs,
  ).catch(() => {});
  return await look();
}

/** Whether there is a program of this name. */
export function canRun(name: string): boolean {
  const directories = (Deno.env.get("PATH") ?? "").split(":");
  return directories.some((directory) => {
    try {
      return Deno.statSync(`${directory}/${name}`).isFile;
    } catch {
      return false;
    }
  });
}

/** Steps of the mock agent; each argument is a turn. */
export function script(...turns: Step[][]): { ZAG_MOCK_SCRIPT: string } {
  return { ZAG_MOCK_SCRIPT: JSON.stringify({ turns: turns.map((steps) => ({ steps })) }) };
}

/** Runs `zag -p mock exec` with an agent that takes these steps in its first turn. */
export async function mock(
  home: TestHome,
  steps: Step[],
  args: readonly string[] = ["hi"],
  options: ZagOptions = {},
): Promise<Finished> {
  return await home.zag(["-p", "mock", "exec", ...args], {
    ...options,
    env: { ...script(steps), ...options.env },
  });
}

/**
 * Lets `claude` be a shell script that first keeps its arguments and its stdin in `$HOME/seen`. It
 * knows its version, as the real one does.
 */
export async function standIn(home: TestHome, body: string): Promise<void> {
  await home.program(
    "claude",
    `#!/bin/sh
if [ "$*" = --version ]; then echo "2.1.197 (Claude Code)"; exit; fi
mkdir -p "$HOME/seen"
printf '%s\\n' "$@" > "$HOME/seen/args"
${body}
`,
  );
}

/** A body for {@linkcode standIn}: takes its prompt and prints what the real CLI once printed. */
export function replay(name: string): string {
  return `cat > "$HOME/seen/stdin"; cat '${CLAUDE_OUTPUT}${name}/stdout.ndjson'`;
}

/** Runs `zag exec` where print is allowed, so that a stand-in for `claude` can be called. */
export async function claude(
  home: TestHome,
  args: readonly string[],
  options: ZagOptions = {},
): Promise<Finished> {
  return await home.zag(["-p", "claude", "exec", ...args], {
    ...options,
    env: { ZAG_CLAUDE_ALLOW_PRINT: "1", ...options.env },
  });
}

/** What a stand-in was given. */
export async function seen(home: TestHome, what: "args" | "stdin"): Promise<string> {
  return await Deno.readTextFile(`${home.path}/seen/${what}`);
}

/** The objects of a log in which somebody may be about to write a line. */
export async function logLines(path: string): Promise<Record<string, unknown>[]> {
  return jsonLines(wholeLines(await Deno.readTextFile(path)));
}

/** The objects of NDJSON. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** The only session log of a home. */
export async function onlyLog(home: TestHome): Promise<Record<string, unknown>[]> {
  const logs = await home.logs();
  assertEquals(logs.length, 1, "there is one log");
  return logs[0]!;
}
