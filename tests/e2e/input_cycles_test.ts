/** Agents that wait for each other, each in its own way, and none of them for ever. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { said, session, tickets } from "./input_support.ts";
import { inHome, logLines, script, waitFor } from "./support.ts";

/** A step in which an agent runs a line of shell; its end is in a file of this name. */
function shell(line: string, name = "code"): Step {
  const command = ["env", "-u", "ZAG_MOCK_SCRIPT", "timeout", "60", "sh", "-c", line];
  return {
    do: "run",
    command: ["sh", "-c", `"$@"; echo $? > "$HOME/${name}"`, "sh", ...command],
  };
}

/** Keeps the steps of an agent that others start with `ZAG_MOCK_SCRIPT="$HOME/NAME"`. */
async function keep(home: TestHome, name: string, ...turns: Step[][]): Promise<void> {
  await Deno.writeTextFile(`${home.path}/${name}`, script(...turns).ZAG_MOCK_SCRIPT);
}

/** Goes on with the session that asks, whose agent runs a line; it must come to its end. */
async function asks(home: TestHome, id: string, line: string): Promise<void> {
  const ran = await home.zag(["exec", "--resume", id, "work"], {
    env: script([], [shell(line), { do: "say", text: "asked" }]),
  });
  assertEquals([ran.code, ran.stdout], [0, "asked\n"], ran.stderr);
  assertEquals(await Deno.readTextFile(`${home.path}/code`), "0\n");
}

/** Waits until the answer of the other agent has reached the one that asked, after its turn. */
async function answered(home: TestHome, id: string): Promise<void> {
  const lines = await waitFor("the reply", async () => {
    const lines = await said(home, id);
    return lines.at(-1)?.startsWith("assistant: <agent-message>") ? lines : undefined;
  });
  assertEquals(lines.at(-3), "assistant: asked");
  await waitFor("the end of the queue", () => tickets(home, id).length === 0 || undefined);
  // The directory of a queue goes after its last ticket.
  const left = () =>
    [...Deno.readDirSync(`${home.path}/.zag/queues`)].map(({ name }) => name)
      .filter((name) => name !== "lock" && name !== "next");
  await waitFor("nothing to be left", () => left().length === 0 || undefined)
    .catch(() => assertEquals(left(), []));
}

/** An agent that sends to the one that asked and prints what zag says of it. */
function replies(...args: string[]): Step[] {
  const words = args.join(" ");
  return [
    shell(`zag input ${words} --name asker "the reply" 2>"$HOME/err"`, "replied"),
    { do: "say", text: "helped" },
  ];
}

Deno.test(
  "input to an agent that waits for the sender with zag wait is sent after its turn",
  inHome(async (home) => {
    const asker = await session(home, ["--name", "asker"]);
    await keep(home, "helper.json", replies());
    const helper = `ZAG_MOCK_SCRIPT="$HOME/helper.json" zag spawn -p mock help`;
    await asks(home, asker, `zag wait "$(${helper})"`);
    assertStringIncludes(await Deno.readTextFile(`${home.path}/err`), "waits for this one");
    await answered(home, asker);
  }),
);

Deno.test(
  "input that waits for an agent is sent later when that begins to wait for the sender",
  inHome(async (home) => {
    const asker = await session(home, ["--name", "asker"]);
    await keep(home, "helper.json", replies());
    const helper = `ZAG_MOCK_SCRIPT="$HOME/helper.json" zag spawn -p mock help`;
    const queue = `"$HOME/.zag/queues/$ZAG_SESSION_ID"`;
    const waits = `while [ -z "$(ls ${queue} 2>/dev/null)" ]; do sleep 0.05; done`;
    await asks(home, asker, `id=$(${helper}); ${waits}; zag wait "$id"`);
    await answered(home, asker);
  }),
);

Deno.test(
  "input to an agent that goes on with the sender is sent after its turn",
  inHome(async (home) => {
    const asker = await session(home, ["--name", "asker"]);
    const helper = await session(home);
    await keep(home, "helper.json", [], replies());
    await asks(
      home,
      asker,
      `ZAG_MOCK_SCRIPT="$HOME/helper.json" zag exec --resume ${helper} help > "$HOME/out"`,
    );
    assertEquals(await Deno.readTextFile(`${home.path}/out`), "helped\n");
    await answered(home, asker);
  }),
);

Deno.test(
  "input to an agent at the end of a chain of those that wait is sent after its turn",
  inHome(async (home) => {
    const asker = await session(home, ["--name", "asker"]);
    await session(home, ["--name", "third"]);
    await keep(home, "third.json", [], replies());
    await keep(home, "helper.json", [
      shell(`ZAG_MOCK_SCRIPT="$HOME/third.json" zag input --name third help`, "helped"),
    ]);
    await asks(
      home,
      asker,
      `ZAG_MOCK_SCRIPT="$HOME/helper.json" zag exec -p mock help`,
    );
    await answered(home, asker);
  }),
);

Deno.test(
  "input to a session that depends on the sender is sent later",
  inHome(async (home) => {
    const asker = await session(home, ["--name", "asker"]);
    await asks(
      home,
      asker,
      `id=$(zag spawn -p mock --depends-on "$ZAG_SESSION_ID" dependent); zag input --session "$id" next`,
    );
    const id = String(home.rows("sessions").at(-1)?.session_id);
    await waitFor("both answers", async () => (await said(home, id)).length === 4 || undefined);
    assertEquals((await said(home, id))[1], "assistant: dependent");
  }),
);

Deno.test(
  "input -o to an interactive agent that waits for the sender does not wait for its answer",
  inHome(async (home) => {
    const helper = await session(home);
    await keep(home, "helper.json", [], replies("-o", "text"));
    const line =
      `ZAG_MOCK_SCRIPT="$HOME/helper.json" zag exec --resume ${helper} help > "$HOME/out"`;
    const { stdout } = await home.zag(["spawn", "-I", "-p", "mock", "--name", "asker"], {
      env: script([shell(line), { do: "say", text: "asked" }]),
    });
    const asked = await home.zag(["input", "--name", "asker", "-o", "text", "work"]);
    assertEquals([asked.code, asked.stdout], [0, "asked\n"], asked.stderr);
    assertEquals(await Deno.readTextFile(`${home.path}/out`), "helped\n");
    assertStringIncludes(
      await Deno.readTextFile(`${home.path}/err`),
      "waits for this one: its answer is not waited for",
    );
    await answered(home, stdout.trim());
    assertEquals((await home.zag(["cancel", stdout.trim()])).code, 0);
  }),
);

Deno.test(
  "input that is sent later keeps nobody waiting, and says in the log what kept it from arriving",
  inHome(async (home) => {
    await Deno.mkdir(`${home.work}/gone`);
    const asker = await session(home, ["--name", "asker"], undefined, `${home.work}/gone`);
    // Whoever reads this descriptor waits until nobody has it open any more.
    const send = `zag input --name asker "the reply" 3>&1 >/dev/null 2>&1`;
    await keep(home, "helper.json", [
      shell(`heard=$(${send}); echo done > "$HOME/heard"`, "replied"),
    ]);
    const helper = `ZAG_MOCK_SCRIPT="$HOME/helper.json" zag spawn -p mock help`;
    await asks(home, asker, `zag wait "$(${helper})"; rmdir "$PWD"`);
    assertEquals(await Deno.readTextFile(`${home.path}/heard`), "done\n");
    const path = String(home.rows("sessions")[0]?.log_path);
    const event = await waitFor(
      "what is told",
      async () => (await logLines(path)).find(({ type }) => type === "user_event"),
    );
    const sender = home.rows("sessions")[1]?.session_id;
    assertEquals(event.level, "error");
    assertStringIncludes(
      String(event.message),
      `A message from session "${sender}" could not be sent to this session: `,
    );
    assertStringIncludes(String(event.message), "is gone");
    const log = await Deno.readTextFile(`${home.path}/.zag/logs/spawn/${asker}.log`);
    assertStringIncludes(log, `its directory "${home.work}/gone" is gone`);
  }),
);

Deno.test(
  "input that is sent later tells the sender when there is no receiver any more",
  inHome(async (home) => {
    const sender = await session(home);
    const ran = await home.zag(
      ["-q", "input", "--raw", "--session=deleted-one", `--later=${sender}`, "-"],
      { stdin: "x" },
    );
    assertEquals([ran.code, ran.stdout], [1, ""]);
    const log = (await home.logs())[0]!;
    assertStringIncludes(
      String(log.find(({ type }) => type === "user_event")?.message),
      'A message to session "deleted-one" could not be sent: ',
    );
  }),
);
