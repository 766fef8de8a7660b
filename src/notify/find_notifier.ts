/** Finds the programs that notify somebody. */
import { isAbsolute } from "node:path";
import { isGranted } from "../processes/permissions.ts";
import { findProgram } from "../processes/which.ts";
import type { DeliveryWorld } from "./delivery.ts";

/** A program that is there, by its absolute path, or why it cannot be used. */
export type FoundNotifier = { readonly path: string } | { readonly error: string };

/** Looks for a program, which is a name or an absolute path. Never has Deno ask for a permission. */
export async function findNotifier(
  { program, missing }: { readonly program: string; readonly missing?: string },
  { env, cwd }: DeliveryWorld,
): Promise<FoundNotifier> {
  const variables = env.toObject();
  let path: string | undefined;
  try {
    path = await findProgram(program, {
      path: pathOf(variables),
      pathExt: variables.PATHEXT,
      cwd,
    });
  } catch {
    return { error: "Deno does not allow to look for the program" };
  }
  if (path === undefined) return { error: missing ?? await reasonFor(program) };
  if (!isGranted({ name: "run", command: path })) {
    return { error: "Deno does not allow to run the program" };
  }
  return { path };
}

async function reasonFor(program: string): Promise<string> {
  if (!isAbsolute(program)) return "there is no such program on the PATH";
  const info = await Deno.stat(program).catch(() => undefined);
  if (!info) return "there is no such file";
  return info.isDirectory ? "it is a directory" : "the file may not be executed";
}

function pathOf(env: Readonly<Record<string, string>>): string {
  const name = Object.keys(env).find((each) => each.toUpperCase() === "PATH");
  return name === undefined ? "" : env[name]!;
}
