/** Agents that send messages to each other. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { parseXml, type XmlElement } from "../support/strict_xml.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { said, session, tickets } from "./input_support.ts";
import { inHome, script, waitFor } from "./support.ts";

/** A step in which an agent runs a line of shell, whose agents get no script. */
function shell(line: string): Step {
  return { do: "run", command: ["env", "-u", "ZAG_MOCK_SCRIPT", "sh", "-c", line] };
}

/** The reply command of an envelope, and its message. */
function opened(message: string | undefined): { reply: string; body: string; from: XmlElement } {
  const { children } = parseXml(String(message).replace(/^user: /, ""));
  const [from, reply, body] = children.filter((child) => typeof child !== "string");
  return {
    from: from!,
    reply: reply!.children.join(""),
    body: body!.children.join("").slice(1, -1),
  };
}

/** Goes on with a session whose agent runs a line. */
async function agentRuns(home: TestHome, id: string, line: string): Promise<void> {
  const { turns } = { turns: [[], [shell(line), { do: "say", text: "done" }]] as Step[][] };
  const ran = await home.zag(["exec", "--resume", id, "work"], { env: script(...turns) });
  assertEquals([ran.code, ran.stdout, ran.stderr], [0, "done\n", ""]);
}

const NAME = `Bob's "$(id)" <agent> & co`;

Deno.test(
  "input from an agent arrives in an envelope whose reply command works as it stands",
  inHome(async (home) => {
    const sender = await session(home, ["--name", NAME, "-m", "small"]);
    const receiver = await session(home, ["--name", "receiver"]);
    const message = `if (a < b) say("]]>" + '&amp;' + \`x\`);`;
    await Deno.writeTextFile(`${home.work}/message`, message);
    await agentRuns(home, sender, "zag input --name receiver < message");
    const [got] = (await said(home, receiver)).slice(-2);
    const { from, reply, body } = opened(got);
    assertEquals(body, message);
    assertEquals(from.attributes, {
      session: sender,
      name: NAME,
      provider: "mock",
      model: "mock-small",
    });
    // The sender has ended its turn: the answer of the receiver's agent begins another one.
    await agentRuns(home, receiver.slice(0, 8), reply);
    const answered = (await said(home, sender)).at(-2);
    assertEquals(opened(answered).body, "your reply here");
    assertEquals(opened(answered).from.attributes.session, receiver);
    const row = home.rows("sessions").find(({ session_id }) => session_id === sender);
    assertEquals(row?.parent_session_id, null, "who sends does not become the parent");
  }),
);

Deno.test(
  "input --raw sends the message alone",
  inHome(async (home) => {
    const sender = await session(home);
    const receiver = await session(home, ["--name", "receiver"]);
    await agentRuns(home, sender, "zag input --raw --name receiver hi");
    assertEquals((await said(home, receiver)).at(-2), "user: hi");
  }),
);

Deno.test(
  "input names the session in the reply command when its name means another one",
  inHome(async (home) => {
    const sender = await session(home, ["--name", "twin"]);
    const receiver = await session(home, ["--name", "receiver"]);
    await session(home, ["--name", "twin"]);
    await agentRuns(home, sender, "zag input --name receiver hi");
    const { reply } = opened((await said(home, receiver)).at(-2));
    assertEquals(reply, `zag input --session ${sender} "your reply here"`);
  }),
);

Deno.test(
  "input to an agent that waits for the sender is sent after its turn, and nobody hangs",
  inHome(async (home) => {
    const asker = await session(home, ["--name", "asker"]);
    const helper = await session(home, ["--name", "helper"]);
    // What the helper is told to do while the asker waits for its answer.
    const main = ZAG.shell;
    const reply = shell(`zag input --name asker "the reply" 2>"$HOME/err"`);
    await Deno.writeTextFile(
      `${home.path}/helper.json`,
      script([], [reply, { do: "say", text: "helped" }]).ZAG_MOCK_SCRIPT,
    );
    const ask =
      `ZAG_MOCK_SCRIPT="$HOME/helper.json" ${main} input --name helper help > "$HOME/out"`;
    const steps: Step[] = [{ do: "run", command: ["sh", "-c", ask] }, { do: "say", text: "asked" }];
    const ran = await home.zag(["exec", "--resume", asker, "work"], { env: script([], steps) });
    assertEquals([ran.code, ran.stdout], [0, "asked\n"]);
    assertEquals(await Deno.readTextFile(`${home.path}/out`), "helped\n");
    assertStringIncludes(
      await Deno.readTextFile(`${home.path}/err`),
      `> Session ${asker.slice(0, 8)} "asker" waits for this one`,
    );
    const reached = await waitFor("the reply", async () => {
      const lines = await said(home, asker);
      return lines.at(-1)?.startsWith("assistant: <agent-message>") ? lines : undefined;
    });
    assertEquals(opened(reached.at(-2)).body, "the reply");
    assertEquals(opened(reached.at(-2)).from.attributes.session, helper);
    assertEquals(reached.at(-3), "assistant: asked", "not before the end of the turn");
    await waitFor("the end of the queue", () => tickets(home, asker).length === 0 || undefined);
  }),
);

Deno.test(
  "input to an agent that has started the sender is sent after its turn",
  inHome(async (home) => {
    const asker = await session(home, ["--name", "asker"]);
    const main = ZAG.shell;
    const reply = shell(`zag input --name asker "the reply"`);
    await Deno.writeTextFile(
      `${home.path}/child.json`,
      script([reply, { do: "say", text: "helped" }]).ZAG_MOCK_SCRIPT,
    );
    const start = `ZAG_MOCK_SCRIPT="$HOME/child.json" ${main} exec -p mock help > "$HOME/out"`;
    const steps: Step[] = [{ do: "run", command: ["sh", "-c", start] }, {
      do: "say",
      text: "asked",
    }];
    const ran = await home.zag(["exec", "--resume", asker, "work"], { env: script([], steps) });
    assertEquals([ran.code, ran.stdout], [0, "asked\n"]);
    assertEquals(await Deno.readTextFile(`${home.path}/out`), "helped\n");
    await waitFor("the reply", async () => {
      const lines = await said(home, asker);
      return lines.at(-1)?.startsWith("assistant: <agent-message>") || undefined;
    });
    await waitFor("the end of the queue", () => tickets(home, asker).length === 0 || undefined);
  }),
);

Deno.test(
  "input from an interactive agent to one that waits for its answer is sent after the other's turn",
  inHome(async (home) => {
    const asker = await session(home, ["--name", "asker"]);
    const reply = shell(`zag input --name asker "the reply"`);
    const { code, stdout } = await home.zag(
      ["spawn", "--interactive", "-p", "mock", "--name", "helper"],
      { env: script([reply, { do: "say", text: "helped" }]) },
    );
    assertEquals(code, 0);
    const ask = shell(`zag input -o text --name helper help > "$HOME/out"`);
    const ran = await home.zag(["exec", "--resume", asker, "work"], {
      env: script([], [ask, { do: "say", text: "asked" }]),
    });
    assertEquals([ran.code, ran.stdout], [0, "asked\n"]);
    assertEquals(await Deno.readTextFile(`${home.path}/out`), "helped\n");
    const reached = await waitFor("the reply", async () => {
      const lines = await said(home, asker);
      return lines.at(-1)?.startsWith("assistant: <agent-message>") ? lines : undefined;
    });
    assertEquals(opened(reached.at(-2)).body, "the reply");
    assertEquals((await home.zag(["cancel", stdout.trim()])).code, 0);
    await waitFor("the end of the queue", () => tickets(home, asker).length === 0 || undefined);
  }),
);

Deno.test(
  "input to the session that it was started in is refused",
  inHome(async (home) => {
    const id = await session(home);
    const steps: Step[][] = [[], [shell("zag input --latest x 2>&1; true")]];
    const ran = await home.zag(["exec", "--resume", id, "-o", "stream-json", "work"], {
      env: script(...steps),
    });
    assertEquals(ran.code, 0);
    assertStringIncludes(ran.stdout, "would wait for itself");
    assert((await said(home, id)).every((line) => !line.includes("agent-message")));
  }),
);
