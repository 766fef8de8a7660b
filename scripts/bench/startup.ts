/** How long the program takes to say its version, compared with one that does nothing. */
import { join } from "node:path";
import { TestHome } from "../../tests/support/zag.ts";
import { measure } from "./measure.ts";
import type { Row } from "./row.ts";
import { measurePairs, ratioOf, spreadOf } from "./statistics.ts";
import type { BenchOptions } from "./options.ts";

const MOST = 1.5;

/** Measures `zag --version`. */
export async function benchStartup({ zag, quick }: BenchOptions): Promise<Row[]> {
  await using home = await TestHome.create();
  const empty = join(home.work, "empty.ts");
  await Deno.writeTextFile(empty, "");
  const place = { env: home.env(), cwd: home.work };
  const pairs = await measurePairs(
    quick ? 10 : 20,
    2,
    () => measure({ command: zag.command, args: [...zag.args, "--version"], ...place }),
    () => measure({ command: Deno.execPath(), args: ["run", empty], ...place }),
  );
  const ratio = ratioOf(pairs, ({ wallMs }) => wallMs);
  return [{
    what: "zag --version",
    value: spreadOf(pairs.map(({ subject }) => subject.wallMs)),
    unit: "ms",
    ratio,
    baseline: "deno run of an empty file",
    aim: { text: `<= ${MOST} ×`, met: ratio.median <= MOST },
  }];
}
