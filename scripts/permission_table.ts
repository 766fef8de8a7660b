/**
 * Writes the tables of `docs/permissions.md` between their markers, from what `src/permissions.ts` says
 * of each command.
 *
 * `deno run -A scripts/permission_table.ts`
 *
 * @module
 */
import { AGENTS, ALL, type Grants, PERMISSIONS, ROW_KINDS } from "../src/permissions.ts";

/** The document with the tables. */
export const DOCUMENT = new URL("../docs/permissions.md", import.meta.url);

/** The document with its tables as they should be. */
export function withTables(document: string): string {
  const tables = { commands: commandTable(), cases: caseTable(), agents: agentTable() };
  for (const [name, table] of Object.entries(tables)) {
    const begin = `<!-- ${name}: written by scripts/permission_table.ts -->`;
    const end = `<!-- end of ${name} -->`;
    const [before, rest] = document.split(begin);
    const after = rest?.split(end)[1];
    if (before === undefined || after === undefined) {
      throw new Error(`docs/permissions.md lacks "${begin}" or "${end}"`);
    }
    document = `${before}${begin}\n\n${table}\n\n${end}${after}`;
  }
  return document;
}

/** What each command needs in any case; commands that need the same share a row. */
function commandTable(): string {
  const groups = groupedBy(
    Object.entries(PERMISSIONS),
    ([, row]) => JSON.stringify(row.grants),
  );
  return markdown([
    ["command", ...ROW_KINDS.slice(0, 5).map((kind) => `--allow-${kind}`)],
    ...groups.map((group) => [
      group.map(([name]) => code(name)).join(" "),
      ...ROW_KINDS.slice(0, 5).map((kind) => values(group[0]![1].grants, kind)),
    ]),
  ]);
}

/** What is needed in some cases on top of that. */
function caseTable(): string {
  const extras = Object.entries(PERMISSIONS).flatMap(([name, row]) =>
    row.extras.map((extra) => ({ name, extra }))
  );
  const groups = groupedBy(extras, ({ extra }) => JSON.stringify([extra.when, extra.grants]));
  return markdown([
    ["needed", "by", "flags"],
    ...groups.map((group) => {
      const { grants, when } = group[0]!.extra;
      const flags = ROW_KINDS.filter((kind) => grants[kind] !== undefined).map((kind) =>
        `\`--allow-${kind}${grants[kind]!.includes(ALL) ? "" : `=${grants[kind]!.join(",")}`}\``
      );
      return [when, group.map(({ name }) => code(name)).join(" "), flags.join(" ")];
    }),
  ]);
}

/** What the placeholders for agents stand for. */
function agentTable(): string {
  return markdown([
    ["provider", "AGENT", "AGENT_FILES", "moved by"],
    ...Object.entries(AGENTS).map(([name, { program, directory, files, variable }]) => [
      name,
      code(program),
      [...(directory === undefined ? [] : [directory]), ...files].map((file) => code(`~/${file}`))
        .join(" ") || "none",
      variable === undefined ? "nothing" : code(variable),
    ]),
  ]);
}

function values(grants: Grants, kind: typeof ROW_KINDS[number]): string {
  const list = grants[kind];
  if (list === undefined) return "";
  return list.includes(ALL) ? "all" : list.map(code).join(" ");
}

function groupedBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  return [...Map.groupBy(items, key).values()];
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A table as `deno fmt` writes it. */
function markdown(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, index) => Math.max(3, ...rows.map((row) => row[index]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, index) => cell.padEnd(widths[index]!)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [line(head), line(rule), ...rows.slice(1).map(line)].join("\n");
}

if (import.meta.main) {
  await Deno.writeTextFile(DOCUMENT, withTables(await Deno.readTextFile(DOCUMENT)));
}
