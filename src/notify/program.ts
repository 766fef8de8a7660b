/** Starts the programs that notify somebody. */
import { delay } from "../delay.ts";
import { endTree } from "../processes/end_tree.ts";
import { SpawnError, startSubprocess, type Subprocess } from "../processes/subprocess.ts";
import { type Delivered, type DeliveryWorld, TOO_SLOW } from "./delivery.ts";
import { findNotifier } from "./find_notifier.ts";
import { type NotificationKind, NOTIFYING } from "./notification.ts";

/** A program, and what it gets. No shell ever sees any of it. */
export interface ProgramCall {
  /** A name, or an absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin: string;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What to say where there is none. */
  readonly missing?: string;
}

/** A program whose time is over gets so long to end by itself, in milliseconds. */
const GRACE_MS = 300;

/** Runs a program to its end; one that ends well has delivered. */
export async function runProgram(
  call: ProgramCall,
  event: NotificationKind,
  { env, cwd }: DeliveryWorld,
  signal: AbortSignal,
): Promise<Delivered> {
  const variables = env.toObject();
  const found = await findNotifier(call, { env, cwd });
  if ("error" in found) return { ok: false, error: found.error, again: false };
  const detached = Deno.build.os !== "windows";
  let child: Subprocess;
  try {
    child = startSubprocess({
      program: found.path,
      args: call.args,
      env: { ...variables, ...call.env, [NOTIFYING]: event },
      cwd,
      detached,
      stdin: "pipe",
      stdout: "null",
      stderr: "null",
    });
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    return { ok: false, error: "the program could not be started", again: false };
  }
  void feed(child, call.stdin);
  const over = aborted(signal);
  const exit = await Promise.race([child.exit, over.promise]);
  over[Symbol.dispose]();
  if (exit) {
    if (exit.signal === null && exit.code === 0) return { ok: true };
    const how = exit.signal === null ? `ended with exit code ${exit.code}` : `died: ${exit.signal}`;
    return { ok: false, error: `the program ${how}`, again: true };
  }
  await endTree(child.identity, { detached, graceMs: GRACE_MS }).catch(() => {
    child.kill("SIGKILL");
  });
  await Promise.race([child.exit, delay(GRACE_MS)]);
  return { ok: false, error: TOO_SLOW, again: false };
}

async function feed({ stdin }: Subprocess, text: string): Promise<void> {
  await stdin?.write(text);
  await stdin?.close();
}

function aborted(signal: AbortSignal): Disposable & { readonly promise: Promise<undefined> } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const listener = () => resolve(undefined);
  signal.addEventListener("abort", listener);
  if (signal.aborted) listener();
  return {
    promise,
    [Symbol.dispose]: () => signal.removeEventListener("abort", listener),
  };
}
