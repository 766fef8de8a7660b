/**
 * Asks for what a command needs before it begins, so that nothing is ever left half done for the want
 * of a permission. Loaded only where not everything is allowed.
 *
 * @module
 */
import {
  type Grants,
  type PermissionRow,
  PERMISSIONS,
  ROW_KINDS,
  type RowKind,
} from "../permissions.ts";
import {
  flagsFor,
  isMet,
  linkerVariables,
  type Need,
  type NeedPlace,
  needsOf,
  reasonsFor,
  unknownState,
} from "../processes/permission_needs.ts";
import { ownProgram } from "../processes/own_program.ts";
import { isGranted } from "../processes/permissions.ts";
import type { ParsedCommand } from "./argv.ts";
import type { CliContext } from "./context.ts";
import { MissingPermissionError } from "../processes/missing_permission.ts";

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
  const place = placeOf(row, parsed, ctx);
  if (asks) {
    const more = row.extras.filter(({ asked }) => asked).map((extra) => extra.grants);
    const all = [...grants, ...more];
    let missing = unmet(all, place);
    for (const kind of ROW_KINDS) {
      // What was granted may tell more of what is needed.
      if (await ask(name, kind, missing, ctx)) missing = unmet(all, place);
    }
  }
  const missing = unmet(grants, place);
  if (missing.length > 0) throw lacking(name, missing, unknownState(grants, place));
  refuseLinker(name, grants, ctx);
}

function placeOf(row: PermissionRow, parsed: ParsedCommand, ctx: CliContext): NeedPlace {
  const root = parsed.values.get("root")?.at(-1);
  const named = parsed.values.get("provider") ?? parsed.values.get("from");
  return { env: ctx.env, cwd: ctx.cwd, root, provider: named?.at(-1) ?? row.provider };
}

function unmet(grants: readonly Grants[], place: NeedPlace): Need[] {
  const seen = new Map<string, Need>();
  for (const need of grants.flatMap((each) => needsOf(each, place))) {
    if (!isMet(need)) seen.set(`${need.kind} ${need.value}`, need);
  }
  return [...seen.values()];
}

/**
 * Asks for all of a kind: what is narrower would have to be asked for one by one.
 *
 * @returns Whether there was anything to ask.
 */
async function ask(
  name: string,
  kind: RowKind,
  missing: readonly Need[],
  ctx: CliContext,
): Promise<boolean> {
  const ofKind = missing.filter((need) => need.kind === kind);
  const { state } = Deno.permissions.querySync({ name: kind });
  if (ofKind.length === 0 || state !== "prompt") return false;
  const lines = reasonsFor(ofKind).map((line) => `  ${line}\n`).join("");
  await ctx.stderr.write(`"zag ${name}" needs "${kind}" permission:\n${lines}`);
  await Deno.permissions.request({ name: kind });
  return true;
}

function lacking(
  name: string,
  missing: readonly Need[],
  unknown: string | undefined,
): MissingPermissionError {
  const flags = flagsFor(missing);
  const kinds = ROW_KINDS.filter((kind) => missing.some((need) => need.kind === kind));
  const what = kinds.length === 1 ? `"${kinds[0]}" permission is` : "permissions are";
  return new MissingPermissionError(
    `Cannot run "zag ${name}": ${what} missing`,
    `${reasonsFor(missing).map((line) => `  ${line}`).join("\n")}\n` +
      `Start zag with ${flags.map(shellWord).join(" ")}` +
      `${unknown === undefined ? "" : `, and ${unknown}`}, or with -A`,
    flags,
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
  const names = linkerVariables(ctx.env, first === "RUNTIME" ? ownProgram() : first);
  if (names.length === 0) return;
  throw new MissingPermissionError(
    `Cannot run "zag ${name}": ${names.join(", ")} is set, and with that Deno starts no program ` +
      "from a list of allowed ones",
    `Run: unset ${names.join(" ")}; or start zag with --allow-run`,
  );
}
