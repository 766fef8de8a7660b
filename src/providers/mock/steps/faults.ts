/** Steps in which the agent misbehaves. */
import type { Plays } from "./mod.ts";

const CHUNK = 64 * 1024;

/** The steps of this file. */
export const FAULT_STEPS: Plays<"ignore_term" | "stderr" | "flood_stderr" | "garbage"> = {
  ignore_term: () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      // Windows has no SIGTERM to listen to.
      if (signal === "SIGTERM" && Deno.build.os === "windows") continue;
      Deno.addSignalListener(signal, () => {});
    }
  },
  stderr: async ({ text }, turn) => {
    await turn.agent.io.writeErr(text.endsWith("\n") ? text : `${text}\n`);
  },
  flood_stderr: async ({ bytes }, turn) => {
    const chunk = `${"x".repeat(99)}\n`.repeat(Math.ceil(CHUNK / 100)).slice(0, CHUNK);
    for (let left = bytes; left > 0; left -= CHUNK) {
      await turn.agent.io.writeErr(left < CHUNK ? chunk.slice(0, left) : chunk);
    }
  },
  garbage: async ({ line, bytes, newline = true }, turn) => {
    await turn.agent.output.flush();
    const content = line === undefined ? Uint8Array.from(bytes ?? []) : encode(line);
    await turn.agent.io.writeBytes(newline ? Uint8Array.from([...content, 10]) : content);
  },
};

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
