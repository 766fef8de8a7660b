/** Programs elsewhere use the library: from a registry, as far as `links` is one, and as a bundle. */
import { makeBundle } from "../../scripts/bundle.ts";
import { assertEquals } from "../support/assert.ts";
import { bundled, checkTypes, consume, consumerFolder, linked } from "../support/consumer.ts";
import type { Pty } from "../support/pty.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome } from "./support.ts";

/** Says what it is told, and hands in a result when that is asked for. */
const ZAG_MOCK_SCRIPT = JSON.stringify({
  turns: [{
    match: "hand in",
    steps: [{ do: "run", command: ["zag", "ps", "kill", "self", "done"] }, { do: "hang" }],
  }],
});

async function person(pty: Pty, stage: string, from: number): Promise<void> {
  let seen = from;
  if (stage === "run") seen = await pty.waitFor("seven", await pty.waitFor("seven", from));
  seen = await pty.waitFor("> ", seen);
  pty.type(`now ${stage}\r`);
  seen = await pty.waitFor(`now ${stage}`, await pty.waitFor(`now ${stage}`, seen));
  pty.type("/exit\r");
}

/** All sessions of the program are in the books of this home, and each has come to a good end. */
async function consumeIn(home: TestHome, folder: string): Promise<void> {
  const id = await consume(folder, {
    provider: "mock",
    prompts: { say: "%", json: '{"n":6}', handIn: "hand in" },
    cwd: home.work,
    env: home.env({ ZAG_MOCK_SCRIPT }),
    person,
  });
  const sessions = home.rows("sessions");
  assertEquals(sessions.map(({ outcome }) => outcome), Array(6).fill("success"));
  assertEquals(sessions.at(-1)?.session_id, id);
}

Deno.test(
  "a program in another folder imports the library by jsr: and links, and calls every method",
  inHome(async (home) => {
    const folder = await consumerFolder(home, linked());
    await checkTypes(folder, home.env());
    await consumeIn(home, folder);
  }),
);

Deno.test(
  "a program in another folder imports the library from the bundle, and calls every method",
  inHome(async (home) => {
    const outdir = `${home.path}/a bundle`;
    const { library } = await makeBundle({ outdir, minify: true });
    await consumeIn(home, await consumerFolder(home, bundled(library)));
  }),
);
