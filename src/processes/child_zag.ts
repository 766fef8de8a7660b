/** How zag is started by zag: with what the started command needs, as far as we have it ourselves. */
import type { EnvReader } from "../config/paths.ts";
import { type Grants, type PermissionRow, PERMISSIONS, ROW_KINDS } from "../permissions.ts";
import { needsOf } from "./permission_needs.ts";
import { hasAllPermissions } from "./permissions.ts";
import { type SelfCommand, selfCommand, type SelfCommandOptions } from "./self.ts";

/**
 * The command that starts zag for one of its commands. Where everything is allowed, so is it there:
 * how processes are known depends on it, and both have to know them in the same way.
 *
 * @param command Its words; undefined for a zag that may be asked for anything.
 */
export function childZag(
  command: string | undefined,
  place: { readonly env: EnvReader; readonly cwd: string },
): SelfCommand {
  if (hasAllPermissions()) return selfCommand();
  const row = command === undefined ? undefined : PERMISSIONS[command];
  return selfCommand(optionsFor(row ? [row] : Object.values(PERMISSIONS), place));
}

function optionsFor(
  rows: readonly PermissionRow[],
  place: { readonly env: EnvReader; readonly cwd: string },
): SelfCommandOptions {
  const grants: Grants[] = rows.flatMap((row) => [
    row.grants,
    ...row.extras.map((extra) => extra.grants),
  ]);
  const needs = grants.flatMap((each) => needsOf(each, place));
  const kinds = ROW_KINDS.filter((kind) => needs.some((need) => need.kind === kind));
  const valuesOf = (kind: typeof ROW_KINDS[number]) => [
    ...new Set(
      needs.filter((need) => need.kind === kind).map(({ value }) => value)
        .filter((value) => value !== undefined),
    ),
  ];
  return {
    kinds,
    run: valuesOf("run"),
    read: valuesOf("read"),
    write: valuesOf("write"),
    net: valuesOf("net"),
    env: valuesOf("env"),
    sys: valuesOf("sys") as NonNullable<SelfCommandOptions["sys"]>,
  };
}
