/** `zag upgrade`: puts a newer version in the place of this one. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { GlobalFlags } from "../flags.ts";
import type { ProgramPlace } from "../upgrade_place.ts";

const flags = {
  check: switchFlag({ brief: "Only say whether there is a newer version" }),
  url: valueFlag({ placeholder: "url", brief: "Where releases are; ZAG_RELEASE_URL otherwise" }),
  json: switchFlag({ brief: "Print one JSON object" }),
};

type UpgradeFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const upgradeCommand = defineCommand({
  name: "upgrade",
  brief: "Put a newer version in the place of this one",
  detail:
    "The program is downloaded, compared with the checksum of its release and asked for its version " +
    "before it takes the place of the old one in one step. Sessions that run go on with the old one. " +
    "A zag that is no single program (its source, a bundle, a module from a registry) is left alone, " +
    "and says how a newer one comes there.\n\n" +
    "The exit code is 0 when the wanted version is there, and with --check whenever the answer is " +
    "known.",
  flags,
  operand: { name: "version", brief: "This one, newer or older, instead of the newest" },
  run: (ctx: CliContext, flags: UpgradeFlags, operands: readonly string[]) =>
    runUpgrade(ctx, flags, operands),
});

/**
 * Runs the command.
 *
 * @param place What is upgraded: this very program.
 */
export async function runUpgrade(
  ctx: CliContext,
  flags: UpgradeFlags,
  [named]: readonly string[],
  place?: ProgramPlace,
): Promise<number> {
  const [
    { checkReleaseUrl, isNewer, isVersion, newestVersion, replaceProgram },
    { otherWay, programPlace },
    { version: current },
    { RELEASE_URL },
    { CliError, UsageError },
    { listenForInterrupts },
    { printMessage },
  ] = await Promise.all([
    import("../upgrade_release.ts"),
    import("../upgrade_place.ts"),
    import("../../version.ts"),
    import("../../release_url.ts"),
    import("../errors.ts"),
    import("../interrupts.ts"),
    import("../message.ts"),
  ]);
  const asked = named?.replace(/^v/, "");
  if (asked !== undefined && !isVersion(asked)) {
    throw new UsageError(
      `Cannot use the version ${JSON.stringify(named)}: it has to be three numbers`,
    );
  }
  place ??= programPlace(ctx.entry ?? "");
  const given = flags.url ?? (ctx.env.get("ZAG_RELEASE_URL") || RELEASE_URL);
  if (!flags.check && place.kind !== "binary") {
    const { why, hint } = otherWay(place, asked, given.replace(/\/+$/, ""));
    throw new CliError(`Cannot upgrade: ${why}`, undefined, hint);
  }
  using interrupts = listenForInterrupts();
  const releases = { url: checkReleaseUrl(given), signal: interrupts.signal };
  const version = asked ?? await newestVersion(releases);
  const newer = isNewer(version, current);
  const wanted = asked === undefined ? newer : version !== current;
  const path = place.kind === "binary" ? place.path : null;
  if (wanted && !flags.check && place.kind === "binary") {
    if (!flags.quiet) await printMessage(ctx, `Downloading zag ${version}`);
    await replaceProgram(releases, { version, target: place.target, program: place.path });
  }
  const upgraded = wanted && !flags.check;
  await ctx.stdout.write(
    flags.json
      ? `${JSON.stringify({ current, version, newer, upgraded, path })}\n`
      : sentence({ current, version, newer, upgraded }),
  );
  return 0;
}

function sentence(
  { current, version, newer, upgraded }: {
    current: string;
    version: string;
    newer: boolean;
    upgraded: boolean;
  },
): string {
  if (upgraded) return `zag ${version} is installed; it was ${current}\n`;
  if (version === current) return `zag ${current} is up to date\n`;
  const order = newer ? "newer" : "older";
  return `zag ${version} is ${order} than this one, which is ${current}\n`;
}
