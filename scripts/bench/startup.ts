/**
 * How long the program takes until it does something: from source, as a bundle and compiled, each
 * against a Deno that does nothing.
 */
import { join } from "node:path";
import { MAIN, TestHome } from "../../tests/support/zag.ts";
import { makeBundle } from "../bundle.ts";
import { compileFor, type Target } from "../compile.ts";
import { measure, type Program, type Run } from "./measure.ts";
import { type BenchOptions, type ZagCommand, zagCommand } from "./options.ts";
import type { Row } from "./row.ts";
import { measurePairs, ratioOf, spreadOf } from "./statistics.ts";

const MOST = 1.5;

/** A way in which zag reaches people. */
interface Form {
  readonly name: string;
  /** Undefined when it cannot be had here. */
  readonly zag: ZagCommand | undefined;
  readonly note?: string;
}

/** What is started: it prints something when it is ready, and has to print it at once. */
interface Start {
  readonly what: string;
  readonly args: readonly string[];
  readonly value: (run: Run) => number;
  readonly most?: number;
}

const STARTS: readonly Start[] = [
  { what: "--version", args: ["--version"], value: ({ wallMs }) => wallMs, most: MOST },
  { what: "ps list", args: ["ps", "list"], value: ({ wallMs }) => wallMs },
  {
    what: "exec of the mock agent, to its first byte",
    args: ["-p", "mock", "exec", "hi"],
    // The agent is another zag, so that this is two of them.
    value: ({ firstByteMs }) => firstByteMs ?? NaN,
  },
];

/** Measures starts of all forms, or of the one that was named. */
export async function benchStartup({ zag, quick }: BenchOptions): Promise<Row[]> {
  await using home = await TestHome.create();
  const empty = join(home.work, "empty.ts");
  await Deno.writeTextFile(empty, "");
  const place = { env: home.env(), cwd: home.work };
  const baseline: Program = { command: Deno.execPath(), args: ["run", empty], ...place };
  const forms = zag.args.at(-1) === MAIN
    ? await allForms(zag, join(home.path, "forms"))
    : [{ name: "as named", zag }];
  const rows: Row[] = [];
  for (const start of STARTS) {
    for (const form of forms) rows.push(await startRow(start, form, baseline, quick));
  }
  return rows;
}

async function allForms(source: ZagCommand, outdir: string): Promise<Form[]> {
  const { program: bundle } = await makeBundle({ outdir, minify: true });
  return [
    { name: "source", zag: source, note: await modulesOf(MAIN) },
    { name: "bundle", zag: zagCommand(bundle), note: await modulesOf(bundle) },
    await compiledForm(bundle, outdir),
  ];
}

async function compiledForm(bundle: string, outdir: string): Promise<Form> {
  const name = "compiled";
  if (!Deno.env.get("DENORT_BIN")) {
    return { name, zag: undefined, note: "was not run: DENORT_BIN is not set" };
  }
  const program = await compileFor(Deno.build.target as Target, { bundle, outdir });
  const megabytes = ((await Deno.stat(program)).size / 1e6).toFixed(1);
  return { name, zag: zagCommand(program), note: `a program of ${megabytes} MB` };
}

/** Deno looks at all of them before the first line runs, also at those that are imported later. */
async function modulesOf(main: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", main],
    stderr: "null",
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { local?: string; size?: number }[];
  };
  const files = modules.filter(({ local }) => local !== undefined);
  const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
  return `${files.length} files in its graph, ${(bytes / 1e6).toFixed(2)} MB`;
}

async function startRow(
  start: Start,
  form: Form,
  baseline: Program,
  quick: boolean,
): Promise<Row> {
  const row: Row = {
    what: `zag ${start.what}, ${form.name}`,
    value: null,
    unit: "ms",
    ...(start.most === undefined ? {} : { aim: { text: `<= ${start.most} ×`, met: false } }),
    // Once for each form.
    ...(form.note === undefined || start !== STARTS[0] ? {} : { note: form.note }),
  };
  if (form.zag === undefined) return row;
  const { command, args } = form.zag;
  const { env, cwd } = baseline;
  const pairs = await measurePairs(
    quick ? 10 : 20,
    2,
    () => measure({ command, args: [...args, ...start.args], env, cwd }),
    () => measure(baseline),
  );
  const values = pairs.map(({ subject, baseline }) => ({
    subject: start.value(subject),
    baseline: baseline.wallMs,
  }));
  const ratio = ratioOf(values, (ms) => ms);
  return {
    ...row,
    value: spreadOf(values.map(({ subject }) => subject)),
    ratio,
    baseline: "deno run of an empty file",
    ...(row.aim === undefined ? {} : { aim: { ...row.aim, met: ratio.median <= start.most! } }),
  };
}
