/**
 * Writes the tables of `docs/providers.md` between their markers, from what the providers say of
 * themselves.
 *
 * `deno run -A scripts/provider_table.ts`
 *
 * @module
 */
import {
  capabilityReport,
  type FeatureSupport,
  type SessionLogSupport,
  type StreamingInputSupport,
} from "../src/agent/capability_report.ts";
import type { Provider } from "../src/providers/provider.ts";
import { loadProvider, TIERS } from "../src/providers/registry.ts";
import { type Agent, AGENTS } from "./install_agents.ts";

/** The document with the tables. */
export const DOCUMENT = new URL("../docs/providers.md", import.meta.url);

/** The document with its tables as they should be. */
export async function withTables(document: string): Promise<string> {
  const providers = (await Promise.all(TIERS.map((name) => loadProvider(name))))
    .filter((provider) => provider !== undefined);
  const tables = { programs: programTable(providers), features: featureTable(providers) };
  for (const [name, table] of Object.entries(tables)) {
    const begin = `<!-- ${name}: written by scripts/provider_table.ts -->`;
    const end = `<!-- end of ${name} -->`;
    const [before, rest] = document.split(begin);
    const after = rest?.split(end)[1];
    if (before === undefined || after === undefined) {
      throw new Error(`docs/providers.md lacks "${begin}" or "${end}"`);
    }
    document = `${before}${begin}\n\n${table}\n\n${end}${after}`;
  }
  return document;
}

/** How each program is found and installed, and which version the tests run. */
function programTable(providers: readonly Provider[]): string {
  return markdown([
    ["provider", "program", "oldest version", "tested version", "installed by"],
    ...providers.map(({ name, binary }) => [
      name,
      code(binary?.name ?? ""),
      binary?.oldest ?? "any",
      (AGENTS as Readonly<Record<string, Agent>>)[name]?.version ?? "none",
      code(binary?.install ?? ""),
    ]),
  ]);
}

/** Who makes each feature work. */
function featureTable(providers: readonly Provider[]): string {
  const reports = providers.map(capabilityReport);
  const features = Object.keys(
    reports[0]?.features ?? {},
  ) as (keyof typeof reports[0]["features"])[];
  return markdown([
    ["feature", ...reports.map(({ provider }) => provider)],
    ...features.map((name) => [
      code(name),
      ...reports.map(({ features }) => word(features[name])),
    ]),
  ]);
}

function word(feature: FeatureSupport & SessionLogSupport & StreamingInputSupport): string {
  if (!feature.supported) return "no";
  const more = feature.completeness ?? feature.semantics;
  return `${feature.native ? "native" : "by zag"}${more === undefined ? "" : ` (${more})`}`;
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

/** A table as `deno fmt` writes it. */
function markdown(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, index) => Math.max(...rows.map((row) => row[index]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, index) => cell.padEnd(widths[index]!)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [line(head), line(rule), ...rows.slice(1).map(line)].join("\n");
}

if (import.meta.main) {
  await Deno.writeTextFile(DOCUMENT, await withTables(await Deno.readTextFile(DOCUMENT)));
}
