/** `zag usage list`: the sessions that wait, the next one first. */
import { defineCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { usageFlags } from "../../flags.ts";
import type { UsageFlags } from "../../usage_target.ts";

export const listCommand = defineCommand({
  name: "list",
  brief: "List the sessions that wait, the next one first",
  detail:
    "WAKES AT is UTC, as the times in --json are; LOCAL TIME is that of this machine. In --json, owner_pid is null where nobody looks after a session any more: " +
    'its zag was killed. The next command that looks at sessions starts one that does, and so does "zag ' +
    'usage run".',
  readsOnly: true,
  flags: usageFlags,
  run: runList,
});

async function runList(ctx: CliContext, flags: UsageFlags): Promise<number> {
  const [{ openUsage, printPretty }, { waitingSessions }, { utcTime, waitInfo }, { localTime }] =
    await Promise.all([
      import("../../usage_target.ts"),
      import("../../../orchestration/limit_waits.ts"),
      import("../../usage_info.ts"),
      import("../../../events/render/local_time.ts"),
    ]);
  using open = await openUsage(ctx, flags);
  const waits = waitingSessions(open.store, open.scope.project).map(waitInfo);
  if (flags.json) {
    await printPretty(ctx, waits);
    return 0;
  }
  if (waits.length === 0) {
    await ctx.stdout.write("No session waits for the end of a usage limit.\n");
    return 0;
  }
  const { table } = await import("../../table.ts");
  await ctx.stdout.write(table(waits, [
    {
      title: "INCIDENT",
      cell: ({ incident_id }) => incident_id,
      short: ({ incident_id }) => incident_id.slice(0, 8),
    },
    { title: "PROVIDER", cell: ({ provider }) => provider, drop: 2 },
    { title: "WAKES AT (UTC)", cell: ({ when }) => utcTime(when) },
    { title: "LOCAL TIME", cell: ({ when }) => localTime(when), drop: 4 },
    { title: "ATTEMPT", cell: ({ attempt }) => String(attempt), align: "right", drop: 3 },
    {
      title: "SESSION",
      cell: ({ session_id, name }) => name ?? session_id,
      min: 8,
      drop: 1,
    },
  ], { width: ctx.stdout.isTerminal ? ctx.stdout.columns : undefined }));
  return 0;
}
