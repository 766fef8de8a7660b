/** A program that inherits an open file, as any does that is started: until it runs, or for good. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { assert } from "./assert.ts";

/** Starts a program that has a file open as this process has it; Linux only. */
export async function heir(path: string): Promise<AsyncDisposable> {
  const own = "/proc/self/fd";
  const descriptor = [...Deno.readDirSync(own)].map(({ name }) => name).find((name) => {
    try {
      return Deno.readLinkSync(`${own}/${name}`) === path;
    } catch {
      return false;
    }
  });
  assert(descriptor, `${path} is open`);
  const program = spawn("cat", [], { stdio: ["pipe", Number(descriptor), "ignore"] });
  await once(program, "spawn");
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(program, "close");
      program.stdin!.end();
      await closed;
    },
  };
}
