/** `zag discover`: which providers there are, what they can do, and which can be used here. */
import type { ProviderReport } from "../discover_view.ts";
import type { Config } from "../../config/config.ts";
import type { Provider } from "../../providers/provider.ts";
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type GlobalFlags, reportFlags } from "../flags.ts";
import type { StructuredFormat } from "../structured_output.ts";

const flags = {
  ...reportFlags,
  provider: { ...reportFlags.provider, brief: "Only this provider, in detail" },
  models: switchFlag({ brief: "List the models" }),
  resolve: valueFlag({
    placeholder: "model",
    brief: "Tell which model a size or a name stands for",
  }),
  json: switchFlag({ brief: "Same as -f json" }),
};

type DiscoverFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const discoverCommand = defineCommand({
  name: "discover",
  brief: "Show which providers there are, and which can be used here",
  detail: "Every agent's program is looked for and asked for its version; no session is started. " +
    "What a program answered is remembered for a day.",
  flags,
  run: runDiscover,
});

async function runDiscover(ctx: CliContext, flags: DiscoverFlags): Promise<number> {
  const format = await outputFormat(flags);
  const { allProviders, configAt, configuredProvider } = await import(
    "../../agent/configured_provider.ts"
  );
  const config = await configAt(flags.root, ctx);
  const print = async (text: string) => {
    const { withoutControls } = await import("../../events/render/text.ts");
    await ctx.stdout.write(withoutControls(text));
  };
  const printData = async (value: object) => {
    const { structured } = await import("../structured_output.ts");
    await ctx.stdout.write(await structured(value, format ?? "json", flags.pretty));
  };
  if (flags.resolve !== undefined) {
    const provider = await configuredProvider(flags.provider, config);
    const resolution = await resolve(flags.resolve, provider, config, ctx, flags.quiet);
    if (format !== undefined) await printData(resolution);
    else await print((await import("../discover_view.ts")).resolutionText(resolution));
    return 0;
  }
  const named = flags.provider !== undefined;
  const providers = named
    ? [await configuredProvider(flags.provider, config)]
    : await allProviders();
  if (flags.models) {
    const lists = providers.map(({ name, models }) => ({
      provider: name,
      default_model: models.defaultName,
      models: [...models.names],
    }));
    if (format !== undefined) await printData(lists);
    else await print((await import("../discover_view.ts")).modelsText(lists, named));
    return 0;
  }
  const reports = await probeAll(providers, ctx);
  if (format === undefined) {
    const { detailText, tableText } = await import("../discover_view.ts");
    await print(named ? detailText(reports[0]!) : tableText(reports));
    return 0;
  }
  const entries = reports.map(({ probe, capability: { provider, ...rest } }) => ({
    provider,
    ...probe,
    ...rest,
  }));
  // TOML has no arrays at the top.
  await printData(named ? entries[0]! : format === "toml" ? { providers: entries } : entries);
  return 0;
}

/** The format for programs; undefined for people. Refuses what contradicts itself. */
async function outputFormat(flags: DiscoverFlags): Promise<StructuredFormat | undefined> {
  const { conflict } = await import("../agent_flags.ts");
  const { UsageError } = await import("../errors.ts");
  const { json, pretty, models, resolve } = flags;
  if (json && flags.format !== undefined && flags.format !== "json") {
    conflict("--json", `-f ${flags.format}`);
  }
  const format = json ? "json" : flags.format;
  if (models && resolve !== undefined) conflict("--models", "--resolve");
  if (pretty && format === undefined) {
    throw new UsageError('Cannot use --pretty without --json or "-f json"');
  }
  if (pretty && format !== "json") conflict("--pretty", `-f ${format}`);
  if (models && format === "toml") {
    throw new UsageError(
      "Cannot use --models together with -f toml: TOML has no arrays at its top",
      "use -f json or -f yaml",
    );
  }
  return format;
}

/** Looks at all of them at once, so that the slowest one says how long it takes. */
async function probeAll(
  providers: readonly Provider[],
  ctx: CliContext,
): Promise<ProviderReport[]> {
  const { capabilityReport } = await import("../../agent/capability_report.ts");
  const { probeProvider } = await import("../../agent/probe.ts");
  const { listenForInterrupts } = await import("../interrupts.ts");
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  // Each one is waited for, also when one has failed: none may leave its program behind.
  const probes = await Promise.allSettled(
    providers.map((provider) => probeProvider(provider, ctx, { signal })),
  );
  return providers.map((provider, index) => {
    const probe = probes[index]!;
    if (probe.status === "rejected") throw probe.reason;
    return { provider, capability: capabilityReport(provider), probe: probe.value };
  });
}

async function resolve(
  input: string,
  provider: Provider,
  config: Config,
  ctx: CliContext,
  quiet: boolean,
) {
  const { isAuto } = await import("../../agent/choose_provider.ts");
  if (isAuto(input)) {
    const { UsageError } = await import("../errors.ts");
    throw new UsageError("Cannot resolve auto: which model that is, is decided for a prompt");
  }
  const { nameModel } = await import("../../agent/name_model.ts");
  const { printMessage } = await import("../message.ts");
  const warn = (message: string) => void (quiet || printMessage(ctx, `warning: ${message}`));
  return await nameModel(input, provider, config, warn);
}
