/** Makes terminals again and again, and prints how many descriptors were open before and after. */
import { startInPty } from "../../../src/processes/pty.ts";
import { SpawnError } from "../../../src/processes/spawn_error.ts";

/** Files are the runtime's own, which opens its caches when it comes to them. */
function open(): number {
  const links = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => linkOf(name));
  return links.filter((link) => /^(pipe:|\/dev\/)/.test(link)).length;
}

function linkOf(fd: string): string {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // It was that of the listing itself.
    return "";
  }
}

async function round(index: number): Promise<void> {
  const options = { args: ["-c", "echo x"], env: {}, cwd: "/", columns: 80, rows: 24 };
  using process = startInPty({ ...options, program: "/bin/sh" });
  // Some are read to the end, some never.
  if (index % 2 === 0) { for await (const _ of process.read()); }
  await process.exit;
  try {
    startInPty({ ...options, program: "/no/such/program" });
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
  }
}

await round(0);
const before = open();
for (let index = 0; index < 50; index++) await round(index);
console.log(before, open());
