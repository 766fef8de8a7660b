/** `zag doctor`: what is there, what is missing, what is broken, and what mends it. */
import { defineCommand, type FlagValues, switchFlag, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { GlobalFlags } from "../flags.ts";

const flags = {
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory that selects the project, whose configuration counts",
  }),
  json: switchFlag({ brief: "Print one JSON object" }),
};

type DoctorFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const doctorCommand = defineCommand({
  name: "doctor",
  brief: "Check agents, configuration, state directory, programs, permissions and terminal",
  detail:
    "Each line is a finding: ✓ is well, ! deserves a look, ✗ is broken, and - says how things are. " +
    "Below a finding stands the command that mends it. Nothing is changed but what zag remembers of " +
    "the versions of programs, no session is started, and no agent is asked anything but its " +
    "version. Whether an agent is logged in is read from its files and from the environment; where these do not tell, it is unknown. The values of keys and " +
    "tokens are never shown.\n\n" +
    "The exit code is 1 when something is broken, else 0.",
  readsOnly: true,
  flags,
  run: runDoctor,
});

async function runDoctor(ctx: CliContext, flags: DoctorFlags): Promise<number> {
  const [{ examine }, { doctorJson, doctorText }, { listenForInterrupts }, { surroundings }] =
    await Promise.all([
      import("../../diagnostics/doctor.ts"),
      import("../doctor_view.ts"),
      import("../interrupts.ts"),
      import("../surroundings.ts"),
    ]);
  using interrupts = listenForInterrupts();
  const report = await examine({
    host: ctx,
    root: flags.root,
    terminal: surroundings(ctx),
    signal: interrupts.signal,
  });
  interrupts.signal.throwIfAborted();
  await ctx.stdout.write(
    flags.json ? doctorJson(ctx, report) : doctorText(ctx, report, flags.quiet),
  );
  return report.ok ? 0 : 1;
}
