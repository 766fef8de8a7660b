/** What of the options of a session holds when its agent is started once more. */
import type { LaunchOptions } from "./launch_options.ts";
import { writePolicy } from "./policy_text.ts";
import type { Settled } from "./settle.ts";

/**
 * The options for a further launch in a session; the session itself knows the rest.
 *
 * @param wanted What was settled for the first one.
 * @param forgotten The agent's CLI does not keep the session, and has to be told everything again.
 */
export function laterOptions(wanted: Settled, forgotten: boolean): LaunchOptions {
  const { options, provider, autoApprove, maxTurns, maxCostUsd, maxTokens } = wanted;
  // How the session ends is said anew.
  const { givenSystemPrompt: systemPrompt } = wanted;
  const { provider: _p, model: _m, size: _z, sessionId: _i, name: _n, ...first } = options;
  const { description: _d, tags: _t, worktree: _w, sandbox: _s, ...known } = first;
  const { replayUserMessages: _r, ...whole } = known;
  const { files: _f, plan: _l, context: _c, systemPrompt: _y, ...rest } = whole;
  const { policy } = wanted;
  const keeps = provider.capabilities.keepsSystemPrompt === true;
  return {
    ...(forgotten ? whole : rest),
    ...(autoApprove ? { autoApprove } : {}),
    // What its file says now does not count.
    ...(policy === undefined ? {} : { permissions: writePolicy(policy) }),
    ...(maxTurns === undefined ? {} : { maxTurns }),
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(systemPrompt === undefined || keeps && !forgotten ? {} : { systemPrompt }),
  };
}
