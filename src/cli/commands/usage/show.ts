/** `zag usage show`: all that is known of one wait. */
import { defineCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { incidentOperand, usageFlags } from "../../flags.ts";
import type { UsageFlags } from "../../usage_target.ts";

export const showCommand = defineCommand({
  name: "show",
  brief: "Show what is known of a wait",
  readsOnly: true,
  flags: usageFlags,
  operand: incidentOperand,
  run: runShow,
});

async function runShow(ctx: CliContext, flags: UsageFlags, operands: string[]): Promise<number> {
  const [{ openUsage, printPretty }, { findWaiting }, { hitOf, isCut, waitInfo }] = await Promise
    .all([
      import("../../usage_target.ts"),
      import("../../../orchestration/limit_waits.ts"),
      import("../../usage_info.ts"),
    ]);
  using open = await openUsage(ctx, flags);
  const waiting = findWaiting(open.store, operands[0]!, open.scope);
  const info = { ...waitInfo(waiting), ...await hitOf(waiting) };
  if (flags.json) {
    await printPretty(ctx, info);
    return 0;
  }
  const { withoutControls } = await import("../../../events/render/text.ts");
  const { messageText } = await import("../../../events/render/plain_text.ts");
  const { localTime } = await import("../../../events/render/local_time.ts");
  const cut = isCut(info, ctx.now())
    ? "; no wait is longer than usage_limits.max_wait_secs, and if the limit is still there then, it " +
      "waits again"
    : "";
  const rows: [label: string, value: string | null | undefined][] = [
    ["Incident", info.incident_id],
    ["Session", info.session_id],
    ["Name", info.name],
    ["Provider", info.provider],
    ["Model", info.model],
    ["Directory", info.root],
    ["Limit", info.scope],
    ["Hit At", info.hit_at && localTime(info.hit_at)],
    ["Said", info.raw],
    ["Ends At", info.reset_at ? localTime(info.reset_at) : "the provider did not say"],
    ["Goes On At", localTime(info.when) + cut],
    ["Attempt", String(info.attempt)],
    ["Message", info.message],
    ["Looked After By", info.owner_pid === null ? "nobody" : `process ${info.owner_pid}`],
    ["Log", info.log_path],
  ];
  for (const [label, value] of rows) {
    if (!value) continue;
    const text = withoutControls(messageText(value).replace(/\s+/g, " ").trim());
    await ctx.stdout.write(`${`${label}:`.padEnd(LABEL)}${text}\n`);
  }
  return 0;
}

/** Cells before the values. */
const LABEL = 17;
