/** `zag capability`: what a provider can do, for programs. */
import { defineCommand, type FlagValues, switchFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { reportFlags } from "../flags.ts";

const flags = {
  ...reportFlags,
  provider: { ...reportFlags.provider, brief: "The provider; without it the configured one" },
  format: { ...reportFlags.format, default: "json" },
  json: switchFlag({ brief: "Same as -f json" }),
};

type CapabilityFlags = FlagValues<typeof flags>;

export const capabilityCommand = defineCommand({
  name: "capability",
  brief: "Print what a provider can do, for programs",
  detail:
    "One object: the models, their sizes, and every feature with whether it is supported and " +
    "whether the agent's own program does it or zag. Nothing is started; " +
    '"zag discover" also tells what is installed.',
  flags,
  run: runCapability,
});

async function runCapability(ctx: CliContext, flags: CapabilityFlags): Promise<number> {
  const { capabilityReport } = await import("../../agent/capability_report.ts");
  const { configAt, configuredProvider } = await import("../../agent/configured_provider.ts");
  const { conflict } = await import("../agent_flags.ts");
  const { structured } = await import("../structured_output.ts");
  const { format = "json", pretty } = flags;
  if (flags.json && format !== "json") conflict("--json", `-f ${format}`);
  if (pretty && format !== "json") conflict("--pretty", `-f ${format}`);
  const config = await configAt(flags.root, ctx);
  const report = capabilityReport(await configuredProvider(flags.provider, config));
  await ctx.stdout.write(await structured(report, format, pretty));
  return 0;
}
