/** Keeps a small field, one that is too large for the disk, and a small one: PATH. */
import { keepOverflow, overflowPath } from "../../../src/sessions/overflow.ts";

const [path = ""] = Deno.args;
const places = [10, 2_000_000, 10].map((length, index) =>
  keepOverflow(path, index + 1, "f", JSON.stringify("x".repeat(length))) ? "kept" : "lost"
);
console.log(JSON.stringify({ places, size: Deno.statSync(overflowPath(path)).size }));
