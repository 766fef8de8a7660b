import { assert } from "./assert.ts";

/** How large a test is: from the environment by hand, small otherwise. */
export function sizeOf(variable: string, usual: number): number {
  const given = Deno.env.get(variable);
  if (given === undefined) return usual;
  const size = Number(given);
  assert(Number.isSafeInteger(size) && size > 0, `${variable} is a whole number above 0`);
  return size;
}
