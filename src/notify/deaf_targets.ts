/** Tells which targets nothing can be delivered to, as far as that can be seen before there is anything to tell. */
import { isGranted } from "../processes/permissions.ts";
import type { DeliveryWorld } from "./delivery.ts";
import { findNotifier } from "./find_notifier.ts";
import { publicName, type Target } from "./target.ts";

/**
 * Looks at files alone: nothing is started, and no server is asked.
 *
 * @returns Why some cannot be told, a line each.
 */
export async function deafTargets(
  targets: readonly Target[],
  world: DeliveryWorld,
): Promise<string[]> {
  const lines = await Promise.all(targets.map(async (target) => {
    const reason = await reasonFor(target, world);
    return reason === undefined ? [] : [`${publicName(target)} cannot be told anything: ${reason}`];
  }));
  return [...new Set(lines.flat())];
}

async function reasonFor(target: Target, world: DeliveryWorld): Promise<string | undefined> {
  if (target.kind === "webhook") {
    const { host } = new URL(target.url);
    return isGranted({ name: "net", host })
      ? undefined
      : `Deno does not allow net access to ${host}`;
  }
  const call = target.kind === "command"
    ? target
    : (await import("./desktop.ts")).desktopCall(Deno.build.os, { title: "", body: "" });
  const found = await findNotifier(call, world);
  return "error" in found ? found.error : undefined;
}
