/** The directory with the program `zag` that the agents of this zag get. */
import type { Host } from "../host.ts";
import { childZag } from "../processes/child_zag.ts";
import { setEntry } from "../processes/self.ts";
import { shimDirectory } from "../processes/shim.ts";

/** Undefined where this zag cannot be started again. */
export async function ownShim(host: Host, shims: string): Promise<string | undefined> {
  try {
    if (host.entry !== undefined) setEntry(host.entry);
    return await shimDirectory(shims, childZag(undefined, host));
  } catch {
    return undefined;
  }
}
