/** Who wants to be told, as far as options and configuration say so. */
import type { EnvReader } from "../host.ts";
import { NOTIFICATION_KINDS, type NotificationKind, NOTIFYING } from "./notification.ts";
import { type NotifyWish, parseKinds, parseTarget, type Target } from "./target.ts";

/** What was said. */
export interface SaidWish {
  /** By the caller. */
  readonly targets: readonly (string | Target)[] | undefined;
  readonly on: readonly NotificationKind[] | undefined;
  /** By the configuration, where the caller said nothing. */
  readonly configured: { readonly target: string | undefined; readonly on: string | undefined };
}

/**
 * Who is told of what; undefined when nobody is. What is configured is for sessions that a person or a
 * program starts: neither for those that an agent starts, nor for those that a notification does, which
 * would have no end.
 *
 * @param cwd From where paths of programs start.
 * @throws {NotifyTargetError}
 */
export function notifyWish(
  { targets = [], on, configured }: SaidWish,
  env: Pick<EnvReader, "get">,
  cwd: string,
): NotifyWish | undefined {
  const isOwn = env.get("ZAG_SESSION_ID") === undefined && env.get(NOTIFYING) === undefined;
  const general = configured.target !== undefined && isOwn ? [configured.target] : [];
  const given = targets.length > 0 ? targets : general;
  if (given.length === 0) return undefined;
  const parsed = given.map((target) =>
    typeof target === "string" ? parseTarget(target, cwd) : target
  );
  const kinds = on ??
    (configured.on === undefined ? NOTIFICATION_KINDS : parseKinds(configured.on));
  return { targets: distinct(parsed), on: kinds };
}

/** Nobody is told twice. */
function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
