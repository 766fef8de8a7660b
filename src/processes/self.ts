/**
 * How this very program is started again: with the same runtime, entry point and permissions,
 * whether it is a compiled binary, a bundle, a checkout or a module from a registry.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { HOME_VARIABLE } from "../config/paths.ts";
import { ZagError } from "../errors.ts";
import { entryUrl } from "./entry.ts";
import { ownProgram } from "./own_program.ts";
import { hasAllPermissions, isGranted, PERMISSION_KINDS } from "./permissions.ts";

export { setEntry } from "./entry.ts";

/** A command that starts zag; arguments of its own follow `args`. */
export interface SelfCommand {
  /** Absolute path of the binary or the runtime. */
  readonly program: string;
  readonly args: readonly string[];
  /** Variables without which it would be another zag: set where the environment lacks them. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What a permission list may name. Deno does not tell what was allowed, so each name of interest is
 * asked about and passed on if it is allowed. A kind that is allowed as a whole needs no names.
 */
export interface SelfCommandOptions {
  /** Only these kinds are passed on. @default all of them */
  readonly kinds?: readonly (typeof PERMISSION_KINDS[number])[];
  /** Programs. */
  readonly run?: readonly string[];
  /** Paths. */
  readonly read?: readonly string[];
  /** Paths. */
  readonly write?: readonly string[];
  /** Hosts, with or without a port. */
  readonly net?: readonly string[];
  /** Variables. */
  readonly env?: readonly string[];
  /** Kinds of system information, such as `hostname`. */
  readonly sys?: readonly NonNullable<Deno.SysPermissionDescriptor["kind"]>[];
}

/** There is no program to start: this is the library, and no entry point was named. */
export class SelfCommandError extends ZagError {
  override name = "SelfCommandError";

  constructor(readonly entry: string) {
    super(`Cannot start zag again: there is no ${JSON.stringify(entry)}`, {
      hint: "Call setEntry() with the URL of zag's main module",
    });
  }
}

const KEPT_VARIABLES = [
  HOME_VARIABLE,
  "DENO_DIR",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "NPM_CONFIG_REGISTRY",
  "JSR_URL",
];

/**
 * The command that starts this program again, from whatever directory.
 *
 * @throws {SelfCommandError} When the entry point does not exist.
 */
export function selfCommand(options: SelfCommandOptions = {}): SelfCommand {
  const program = ownProgram();
  const env = keptVariables();
  // A compiled binary carries entry and permissions in itself.
  if (Deno.build.standalone) return { program, args: [], env };
  const url = entryUrl() ?? import.meta.resolve("../../main.ts");
  const isFile = url.startsWith("file:");
  if (isFile && isMissing(url)) throw new SelfCommandError(url);
  const args = ["run", "--quiet", ...permissionFlags(options)];
  // For a file Deno takes the configuration beside it, wherever it is started from. For the rest it
  // may take the one of the current directory, which is some repository that we must not trust.
  if (!isFile) args.push("--no-config", "--no-lock");
  return { program, args: [...args, isFile ? fileURLToPath(url) : url], env };
}

function permissionFlags(options: SelfCommandOptions): string[] {
  if (hasAllPermissions()) return ["--allow-all"];
  // Nobody sits in front of a zag that an agent has started.
  const flags = ["--no-prompt"];
  for (const name of options.kinds ?? PERMISSION_KINDS) {
    if (isGranted({ name })) {
      flags.push(`--allow-${name}`);
      continue;
    }
    const values = probes(options)[name].filter(({ value, descriptor }) =>
      // A list is split at commas, and there is no way to quote one.
      !value.includes(",") && isGranted(descriptor)
    );
    if (values.length > 0) flags.push(`--allow-${name}=${values.map((v) => v.value).join(",")}`);
  }
  return flags;
}

interface Probe {
  readonly value: string;
  readonly descriptor: Deno.PermissionDescriptor;
}

function probes(options: SelfCommandOptions): Record<typeof PERMISSION_KINDS[number], Probe[]> {
  function each<T extends string>(
    values: readonly T[] | undefined,
    describe: (value: T) => Deno.PermissionDescriptor,
  ): Probe[] {
    return (values ?? []).map((value) => ({ value, descriptor: describe(value) }));
  }
  return {
    read: each(options.read, (path) => ({ name: "read", path })),
    write: each(options.write, (path) => ({ name: "write", path })),
    net: each(options.net, (host) => ({ name: "net", host })),
    env: each(options.env, (variable) => ({ name: "env", variable })),
    sys: each(options.sys, (kind) => ({ name: "sys", kind })),
    run: each(options.run, (command) => ({ name: "run", command })),
    ffi: [],
    import: [],
  };
}

function keptVariables(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const variable of KEPT_VARIABLES) {
    if (!isGranted({ name: "env", variable })) continue;
    const value = Deno.env.get(variable);
    if (value !== undefined) env[variable] = value;
  }
  return env;
}

function isMissing(url: string): boolean {
  const path = new URL(url);
  if (!isGranted({ name: "read", path })) return false;
  try {
    return !Deno.statSync(path).isFile;
  } catch {
    return true;
  }
}
