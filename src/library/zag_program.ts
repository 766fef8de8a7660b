/** Which zag looks after sessions in the background: a program that uses the library is none. */
import { type Host, realHost } from "../host.ts";

/** The variable that names the program. */
const ZAG_BIN = "ZAG_BIN";

/**
 * The machine, with the program named: the given one, else that of `ZAG_BIN`, else `zag` on PATH. Where
 * none of these is there, the library starts the program that it is a part of.
 *
 * @param given Path, or a name on PATH.
 */
export async function hostWithZag(given?: string): Promise<Host> {
  const host = realHost();
  const program = given ?? (host.env.get(ZAG_BIN) || await onPath(host));
  if (program === undefined) return host;
  // What is started in the background is the program itself, and needs no name for it.
  const get = (name: string) => name === ZAG_BIN ? program : host.env.get(name);
  return { ...host, env: { get, toObject: () => host.env.toObject() } };
}

async function onPath({ env, cwd }: Host): Promise<string | undefined> {
  const path = env.get("PATH");
  if (!path) return undefined;
  const { findProgram } = await import("../processes/which.ts");
  try {
    return await findProgram("zag", { path, cwd });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
