/** Makes a worktree and says how that went: DIRECTORY, REPOSITORY, NAME. */
import { WorktreeError } from "../../../src/workspace/mod.ts";
import { Site } from "../support.ts";

const [dir, repository, name] = Deno.args;
try {
  await new Site(dir!).create(repository!, { name });
  console.log("made");
} catch (error) {
  console.log(error instanceof WorktreeError ? error.problem : String(error));
}
