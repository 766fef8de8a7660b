/**
 * Measures what zag costs, as whole processes and as ratios of what happens without it on the same
 * machine in the same minutes. Says whether the aims are met, and exits with 0 either way; with 1
 * when something that went in did not come out.
 *
 * `deno run -A scripts/bench.ts [--quick] [--json] [--zag=PATH] [BENCH...]`, with any of `startup`,
 * `exec`, `streams`, `sessions`, `background` and `search`.
 *
 * `startup` measures a bundle too, and with `DENORT_BIN` a compiled program.
 *
 * `--quick` takes fewer and shorter runs. `--zag` names a compiled program or a bundle to measure
 * instead of this checkout. The memory is read from `/proc`, so on Linux only.
 *
 * @module
 */
import { benchBackground } from "./bench/background.ts";
import { FailedRunError } from "./bench/measure.ts";
import { type BenchOptions, zagCommand } from "./bench/options.ts";
import { benchOverhead } from "./bench/overhead.ts";
import { renderRows, type Row } from "./bench/row.ts";
import { benchSessions } from "./bench/sessions.ts";
import { benchStartup } from "./bench/startup.ts";
import { benchStreams } from "./bench/streams.ts";
import { benchSearch } from "./bench_search.ts";

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<Row[]>>> = {
  startup: benchStartup,
  exec: benchOverhead,
  streams: benchStreams,
  sessions: benchSessions,
  background: benchBackground,
  search: benchSearch,
};

async function main(args: readonly string[]): Promise<number> {
  const flags = args.filter((arg) => arg.startsWith("-"));
  const names = args.filter((arg) => !arg.startsWith("-"));
  const zag = flags.find((flag) => flag.startsWith("--zag="))?.slice("--zag=".length);
  const unknown = [
    ...flags.filter((flag) => !/^--(quick|json|zag=.+)$/.test(flag)),
    ...names.filter((name) => !Object.hasOwn(BENCHES, name)),
  ];
  if (unknown.length > 0) {
    console.error(`Cannot use ${JSON.stringify(unknown[0])}: see the head of scripts/bench.ts`);
    return 64;
  }
  const quick = flags.includes("--quick");
  const rows: Row[] = [];
  try {
    for (const [name, bench] of Object.entries(BENCHES)) {
      if (names.length > 0 && !names.includes(name)) continue;
      rows.push(...await bench({ zag: zagCommand(zag), quick }));
    }
  } catch (error) {
    if (!(error instanceof FailedRunError)) throw error;
    console.error(`The benchmark is void: ${error.message}`);
    return 1;
  }
  const system = {
    deno: Deno.version.deno,
    os: `${Deno.build.os} ${Deno.build.arch}`,
    cores: navigator.hardwareConcurrency,
  };
  if (flags.includes("--json")) console.log(JSON.stringify({ system, quick, rows }, null, 2));
  else {
    console.log(`Deno ${system.deno}, ${system.os}, ${system.cores} cores; median (min to max)\n`);
    console.log(renderRows(rows).trimEnd());
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
