/** `zag whoami`: the session that the caller is part of. */
import { defineCommand, type FlagValues, switchFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { GlobalFlags } from "../flags.ts";

const flags = { json: switchFlag({ brief: "Print an object; {} outside of any session" }) };

type WhoamiFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const whoamiCommand = defineCommand({
  name: "whoami",
  brief: "Tell an agent which session it is",
  detail:
    "For programs that an agent starts: they find the session in their environment. Outside " +
    "of any session it is an error, or with --json an empty object.",
  readsOnly: true,
  flags,
  run: runWhoami,
});

async function runWhoami(ctx: CliContext, flags: WhoamiFlags): Promise<number> {
  const [{ findIdentity }, { CliError }, { printMessage }] = await Promise.all([
    import("../identity.ts"),
    import("../errors.ts"),
    import("../message.ts"),
  ]);
  const identity = await findIdentity(ctx, (message) => {
    if (!flags.quiet) printMessage(ctx, `warning: ${message}`);
  });
  if (flags.json) {
    const { jsonText } = await import("../json_text.ts");
    await ctx.stdout.write(jsonText(ctx, JSON.stringify(identity ?? {})) + "\n");
    return 0;
  }
  if (!identity) {
    throw new CliError(
      "Cannot tell which session this is: ZAG_SESSION_ID and ZAG_PROCESS_ID are not set",
      1,
      "An agent that zag has started finds both in its environment",
    );
  }
  const { identityText } = await import("../identity.ts");
  await ctx.stdout.write(identityText(identity));
  return 0;
}
