/** Makes a worktree, says where, and dies before a session could be recorded: DIRECTORY, REPOSITORY, NAME. */
import { Site } from "../support.ts";

const [dir, repository, name] = Deno.args;
const { path } = await new Site(dir!).create(repository!, { name: name! });
console.log(path);
Deno.kill(Deno.pid, "SIGKILL");
