/** Hands one notification to one target. */
import type { EnvReader } from "../host.ts";
import { inWords, type Notification } from "./notification.ts";
import type { Target } from "./target.ts";

/** What a delivery needs of the world. */
export interface DeliveryWorld {
  readonly env: EnvReader;
  /** Absolute; programs are started here. */
  readonly cwd: string;
}

/** What became of a delivery. */
export type Delivered =
  | { readonly ok: true }
  | {
    readonly ok: false;
    /** Without anything that may be secret. */
    readonly error: string;
    /** It did not arrive, and may when it is tried again. */
    readonly again: boolean;
  };

/**
 * Delivers. Never throws, and never has Deno ask for a permission.
 *
 * @param signal Aborts when the time for it is over.
 */
export async function deliver(
  target: Target,
  told: Notification,
  world: DeliveryWorld,
  signal: AbortSignal,
): Promise<Delivered> {
  try {
    switch (target.kind) {
      case "webhook":
        return await (await import("./webhook.ts")).post(target.url, told, signal);
      case "command": {
        const { runProgram } = await import("./program.ts");
        const { program, args } = target;
        const stdin = JSON.stringify(told) + "\n";
        return await runProgram({ program, args, stdin }, told.event, world, signal);
      }
      case "desktop": {
        const [{ desktopCall }, { runProgram }] = await Promise.all([
          import("./desktop.ts"),
          import("./program.ts"),
        ]);
        const call = desktopCall(Deno.build.os, inWords(told));
        return await runProgram(call, told.event, world, signal);
      }
    }
  } catch (error) {
    // Whatever a system says may quote what it was given.
    const name = error instanceof Error ? error.name : "an error";
    return { ok: false, error: `it could not be delivered (${name})`, again: true };
  }
}

/** What is said when the time is over: it may have arrived, and so it is not tried again. */
export const TOO_SLOW = "it took too long";
