/**
 * Marks sessions as started and ended, reads what others write of one session that all of them mark,
 * and prunes: HOME NAME COUNT.
 */
import { zagPaths } from "../../../src/config/paths.ts";
import { markEnded, markStarted, pruneMarkers } from "../../../src/sessions/markers.ts";
import { waitForStart } from "./start.ts";

const [home = "", name = "", count = ""] = Deno.args;
const paths = zagPaths({ get: (variable) => variable === "ZAG_HOME" ? home : undefined });
const old = new Date(Date.now() - 30 * 24 * 60 * 60 * 1000);
await waitForStart();
for (let index = 0; index < Number(count); index++) {
  for (const id of [`${name}-${index}`, "shared"]) {
    await markStarted(paths, id, new Date());
    await markEnded(paths, id, { success: true, exitCode: index }, new Date());
  }
  JSON.parse(await Deno.readTextFile(paths.ended("shared")));
  const past = paths.ended(`old-${index % 4}`);
  await markEnded(paths, `old-${index % 4}`, { success: true, exitCode: 0 }, old);
  // Another process may have pruned it already.
  await Deno.utime(past, old, old).catch(() => {});
  // As if a day had passed.
  await Deno.utime(`${paths.eventsDir}/.pruned`, old, old).catch(() => {});
  await pruneMarkers(paths, new Date());
}
// Whoever is last finds what the others left in between.
for (let index = 0; index < 4; index++) {
  await Deno.remove(paths.ended(`old-${index}`)).catch(() => {});
}
