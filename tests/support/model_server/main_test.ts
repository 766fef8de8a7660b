import { assert, assertEquals, assertMatch } from "../assert.ts";
import { dialect, hear, post } from "./dialects.ts";

const MAIN = new URL("main.ts", import.meta.url);
const ROOT = new URL("../../../", import.meta.url);

Deno.test("main.ts serves on a free port and logs each request", async () => {
  const directory = await Deno.makeTempDir();
  const log = `${directory}/requests.log`;
  const program = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN.pathname, "0", log],
    cwd: ROOT,
    env: { STUB_REPLY: "fixed", STUB_BODIES: directory, STUB_KEYLESS: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const port = /^ready (\d+)\n/.exec(await firstChunk(program.stdout))?.[1];
    assert(port !== undefined);
    const url = `http://127.0.0.1:${port}`;
    const { name, path, ...chat } = dialect("openai_chat");
    const spoken = { ...chat, name, path, headers: {} };
    const body = spoken.request("anything", false);
    assertEquals((await hear(spoken, await post(url, spoken, body))).text, "fixed");
    const bad = await post(url, spoken, { model: "m" });
    assertEquals(bad.status, 400);
    await bad.body?.cancel();

    const lines = (await Deno.readTextFile(log)).trimEnd().split("\n").map((l) => JSON.parse(l));
    assertEquals(lines.map(({ number, status }) => [number, status]), [[1, 200], [2, 400]]);
    assertMatch(lines[1].refusal, /Missing required parameter: 'messages'/);
    const dump = await Deno.readTextFile(`${directory}/0001_v1_chat_completions.json`);
    assertEquals(JSON.parse(dump), body);
  } finally {
    program.kill("SIGKILL");
    await program.status;
    await Deno.remove(directory, { recursive: true });
  }
});

/** Stdout up to its first line; a program that ends before is told by the missing line. */
async function firstChunk(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) break;
  }
  return text;
}
