import { identityStatus, startTimeOf } from "../../src/processes/process_table.ts";
import { maySignal } from "../../src/processes/send_signal.ts";
import { assertEquals } from "../support/assert.ts";

const isRoot = Deno.uid() === 0;

/** Asks as a user to whom nothing here belongs, with these permissions; in a process of its own. */
async function asNobody(flags: readonly string[], pids: readonly number[]): Promise<string> {
  const script = `
    import { maySignal } from "./send_signal.ts";
    const answers = [];
    for (const pid of ${JSON.stringify(pids)}) answers.push(await maySignal(pid));
    console.log(answers.join(" "));
  `;
  const dir = await Deno.makeTempDir();
  try {
    // Nobody may read the sources where they are.
    const sources = new URL("../../src/processes/", import.meta.url);
    for await (const { name } of Deno.readDir(sources)) {
      if (name.endsWith(".ts")) await Deno.copyFile(new URL(name, sources), `${dir}/${name}`);
    }
    await Deno.writeTextFile(`${dir}/ask.ts`, script);
    for await (const { name } of Deno.readDir(dir)) await Deno.chmod(`${dir}/${name}`, 0o644);
    await Deno.chmod(dir, 0o777);
    const output = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-config",
        "--no-check",
        ...flags,
        `${dir}/ask.ts`,
      ],
      env: { PATH: Deno.env.get("PATH")!, HOME: dir, DENO_DIR: `${dir}/deno` },
      clearEnv: true,
      stdin: "null",
      cwd: dir,
      ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
    }).output();
    return new TextDecoder().decode(output.stdout) || new TextDecoder().decode(output.stderr);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

for (const flags of [["--allow-all"], ["--allow-run"], ["--allow-run=ps,kill"]]) {
  Deno.test(`maySignal() says no for another user's process under ${flags.join(" ")}`, async () => {
    assertEquals(await asNobody(flags, [1, 2 ** 22 + 1]), "false true\n");
  });
}

Deno.test("maySignal() says yes for what is ours, and signals nothing", async () => {
  assertEquals(await maySignal(Deno.pid), true);
  const identity = { pid: Deno.pid, startTime: startTimeOf(Deno.pid)! };
  assertEquals(identityStatus(identity), "alive");
});
