/** A program called `zag` that starts this very zag, for the first place on an agent's PATH. */
import { join } from "node:path";
import type { SelfCommand } from "./self.ts";

/**
 * Makes sure that there is a directory with nothing but a `zag` that runs the command. The directory
 * is named after the content, so that zags of several kinds live side by side; writing is atomic,
 * so that any number of processes may do it at once.
 *
 * @param dir Private directory for all shims; created if it is missing.
 * @returns The directory to be put first on PATH.
 */
export async function ensureShim(dir: string, command: SelfCommand): Promise<string> {
  const content = shimText(command);
  const home = await shimDirectory(dir, command);
  const path = join(home, Deno.build.os === "windows" ? "zag.cmd" : "zag");
  if (await readOrUndefined(path) === content) return home;
  await Deno.mkdir(home, { recursive: true, mode: 0o700 });
  const temporary = join(home, `.new-${crypto.randomUUID()}`);
  try {
    await Deno.writeTextFile(temporary, content, { mode: 0o700, createNew: true });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    // Windows refuses while another process runs the file, which is then the same one.
    if (await readOrUndefined(path) !== content) throw error;
  }
  return home;
}

/**
 * The directory that {@linkcode ensureShim} makes for a command, whether it exists or not.
 *
 * @param dir Directory for all shims.
 */
export async function shimDirectory(dir: string, command: SelfCommand): Promise<string> {
  return join(dir, (await sha256(shimText(command))).slice(0, 12));
}

function shimText(command: SelfCommand): string {
  return Deno.build.os === "windows" ? windowsShim(command) : posixShim(command);
}

/** The text of the shim for POSIX systems. */
export function posixShim(command: SelfCommand): string {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = ["#!/bin/sh", "# Starts the zag that owns this session; written anew when needed."];
  for (const [name, value] of Object.entries(command.env)) {
    lines.push(`[ "\${${name}+set}" ] || export ${name}=${quote(value)}`);
  }
  const words = [command.program, ...command.args].map(quote);
  return [...lines, `exec ${words.join(" ")} "$@"`, ""].join("\n");
}

/** The text of the shim for Windows. */
export function windowsShim(command: SelfCommand): string {
  const escape = (text: string) => text.replaceAll("%", "%%");
  const lines = [
    "@echo off",
    "rem Starts the zag that owns this session; written anew when needed.",
  ];
  for (const [name, value] of Object.entries(command.env)) {
    lines.push(`if not defined ${name} set "${name}=${escape(value)}"`);
  }
  // Neither paths nor URLs can hold a quotation mark there.
  const words = [command.program, ...command.args].map((word) => `"${escape(word)}"`);
  return [...lines, `${words.join(" ")} %*`, ""].join("\r\n");
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
