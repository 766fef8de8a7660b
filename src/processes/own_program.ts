/** The path of the runtime, or of the compiled zag, that runs this. */

/** Linux marks the path of a program that runs while another one, of an upgrade, took its place. */
export function ownProgram(): string {
  return Deno.execPath().replace(/ \(deleted\)$/, "");
}
