/** Asks the server on which a provider depends whether it is there. */
import { directClient } from "../direct_client.ts";
import { Deadline } from "../processes/deadline.ts";
import { record, str } from "../providers/json.ts";
import type { Service } from "../providers/provider.ts";

/** What a server showed: one of the two is undefined. */
export interface ServiceProbe {
  version: string | undefined;
  /** Why it cannot be used, and what to do about it. */
  problem: string | undefined;
}

/** Asks for the version. Never throws. */
export async function askService(
  service: Service,
  env: Readonly<Record<string, string | undefined>>,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<ServiceProbe> {
  const url = service.url(env);
  const late = new AbortController();
  using limit = new Deadline(limitMs, () => late.abort());
  limit.start();
  let problem: string;
  try {
    const signals = signal ? [late.signal, signal] : [late.signal];
    using client = directClient(new URL(url));
    const init = { signal: AbortSignal.any(signals), ...(client ? { client } : {}) };
    const response = await fetch(url, init);
    const text = await response.text();
    const version = response.ok ? str(parse(text)?.version) : undefined;
    if (version !== undefined) return { version, problem: undefined };
    problem = response.ok
      ? `${shown(url)} names no version`
      : `${shown(url)} answered with HTTP ${response.status}`;
  } catch (error) {
    problem = late.signal.aborted
      ? `${shown(url)} did not answer within ${limitMs / 1000} s`
      : error instanceof Deno.errors.NotCapable
      ? `${shown(url)} may not be asked: ${error.message}`
      : `nothing answers at ${shown(url)}`;
  }
  return { version: undefined, problem: `${problem}; ${service.advice}` };
}

function parse(text: string) {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The address, without a password that it may hold. */
function shown(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//");
}
