/**
 * Asks for what a command needs before it begins, so that nothing is ever left half done for the want
 * of a permission. Loaded only where not everything is allowed.
 *
 * @module
 */
import { type Grants, PERMISSIONS, ROW_KINDS, type RowKind } from "../permissions.ts";
import {
  flagsFor,
  isMet,
  linkerVariables,
  type Need,
  needsOf,
  runtime,
} from "../processes/permission_needs.ts";
import { isGranted } from "../processes/permissions.ts";
import type { ParsedCommand } from "./argv.ts";
import type { CliContext } from "./context.ts";
import { MissingPermissionError } from "./errors.ts";

/**
 * Makes sure that a command may do what its row in the table says. A person at a terminal is told the
 * reasons, and asked once for each kind of permission; nobody else is asked anything.
 *
 * @throws {MissingPermissionError} when something is missing
 */
export async function demandPermissions(parsed: ParsedCommand, ctx: CliContext): Promise<void> {
  const name = parsed.path.map((route) => route.name).join(" ");
  const row = PERMISSIONS[name];
  if (row === undefined) return;
  const given = row.extras.filter(({ flags }) => flags?.some((key) => parsed.values.has(key)));
  const grants = [row.grants, ...given.map((extra) => extra.grants)];
  const asks = ctx.stdin.isTerminal && ctx.stderr.isTerminal;
  if (asks) {
    const more = row.extras.filter(({ asked }) => asked).map((extra) => extra.grants);
    for (const kind of ROW_KINDS) await ask(name, kind, [...grants, ...more], parsed, ctx);
  }
  const missing = unmet(grants, parsed, ctx);
  if (missing.length > 0) throw lacking(name, missing);
  refuseLinker(name, grants, ctx);
}

function unmet(grants: readonly Grants[], parsed: ParsedCommand, ctx: CliContext): Need[] {
  const root = parsed.values.get("root")?.at(-1);
  const named = parsed.values.get("provider") ?? parsed.values.get("from");
  const name = parsed.path.map((route) => route.name).join(" ");
  const provider = named?.at(-1) ?? PERMISSIONS[name]?.provider;
  const place = { env: ctx.env, cwd: ctx.cwd, root, provider };
  const seen = new Map<string, Need>();
  for (const need of grants.flatMap((each) => needsOf(each, place))) {
    if (!isMet(need)) seen.set(`${need.kind} ${need.value}`, need);
  }
  return [...seen.values()];
}

/** Asks for all of a kind: what is narrower would have to be asked for one by one. */
async function ask(
  name: string,
  kind: RowKind,
  grants: readonly Grants[],
  parsed: ParsedCommand,
  ctx: CliContext,
): Promise<void> {
  const missing = unmet(grants, parsed, ctx).filter((need) => need.kind === kind);
  const { state } = Deno.permissions.querySync({ name: kind });
  if (missing.length === 0 || state !== "prompt") return;
  const lines = reasons(missing).map((line) => `  ${line}\n`).join("");
  await ctx.stderr.write(`"zag ${name}" needs "${kind}" permission:\n${lines}`);
  await Deno.permissions.request({ name: kind });
}

/** What is missing and why: a line for each reason. */
function reasons(missing: readonly Need[]): string[] {
  const whys = [...new Set(missing.map(({ kind, why }) => `${kind}\n${why}`))];
  return whys.map((both) => {
    const group = missing.filter(({ kind, why }) => `${kind}\n${why}` === both);
    return `${flagsFor(group).join(" ")}  ${group[0]!.why}`;
  });
}

function lacking(name: string, missing: readonly Need[]): MissingPermissionError {
  const flags = flagsFor(missing);
  const kinds = ROW_KINDS.filter((kind) => missing.some((need) => need.kind === kind));
  const what = kinds.length === 1 ? `"${kinds[0]}" permission is` : "permissions are";
  return new MissingPermissionError(
    `Cannot run "zag ${name}": ${what} missing`,
    `${reasons(missing).map((line) => `  ${line}`).join("\n")}\n` +
      `Start zag with ${flags.map(shellWord).join(" ")}, or with -A`,
  );
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./*-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The programs of the system get an environment without such variables, agents and zag do not. */
function refuseLinker(name: string, grants: readonly Grants[], ctx: CliContext): void {
  const programs = grants.flatMap(({ run }) => run ?? []);
  const first = programs[0];
  if (first === undefined || (isGranted({ name: "env" }) && !programs.includes("RUNTIME"))) return;
  const names = linkerVariables(ctx.env, first === "RUNTIME" ? runtime() : first);
  if (names.length === 0) return;
  throw new MissingPermissionError(
    `Cannot run "zag ${name}": ${names.join(", ")} is set, and with that Deno starts no program ` +
      "from a list of allowed ones",
    `Run: unset ${names.join(" ")}; or start zag with --allow-run`,
  );
}
