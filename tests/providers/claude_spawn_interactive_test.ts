import { assertEquals, assertMatch } from "../support/assert.ts";
import { userTexts, withClaude } from "./claude_support.ts";
import { ask, cancel, logged, spawnInteractive } from "./interactive_support.ts";

Deno.test("claude spawn --interactive makes every message of three senders a turn of one process", () =>
  withClaude(async (claude) => {
    const id = await spawnInteractive(claude, "[[say:first]]");
    const senders = ["a", "b", "c"].map((name) => [1, 2, 3].map((n) => `${name}${n}`));
    const asked = senders.map((each) => ask(claude, id, ...each.map((text) => `[[say:${text}]]`)));
    assertEquals(await Promise.all(asked), senders);
    const said = await logged(claude);
    const order = said.filter((_, index) => index % 2 === 1);
    assertEquals(said, order.flatMap((text) => [`[[say:${text}]]`, text]));
    assertEquals(order.toSorted(), [...senders.flat(), "first"].toSorted());
    for (const each of senders) assertEquals(order.filter((text) => each.includes(text)), each);
    const told = userTexts(claude.lastBody).filter((text) => text.includes("[["));
    assertEquals(told, order.map((text) => `[[say:${text}]]`));
    assertEquals(claude.home.rows("processes").length, 1);
    await cancel(claude, id);
    const resumed = await claude.zag(["exec", "--resume", id, "[[say:last]]"]);
    assertEquals(resumed.stdout, "last\n", resumed.stderr);
    assertEquals(userTexts(claude.lastBody).filter((text) => text.includes("[[")).length, 11);
  }));

Deno.test("claude spawn --interactive goes on after a turn that failed", () =>
  withClaude(async (claude) => {
    const id = await spawnInteractive(claude);
    const answers = await ask(claude, id, "[[err:500]]", "[[say:well]]");
    assertMatch(answers[0]!, /^failed: /);
    assertEquals(answers[1], "well");
    await cancel(claude, id);
  }));

Deno.test("claude spawn --interactive ends well when it is closed, with the last answer", () =>
  withClaude(async (claude) => {
    const id = await spawnInteractive(claude, "[[say:first]]");
    const zag = (...args: string[]) => claude.home.zag(args, { env: claude.env() });
    assertEquals((await zag("input", "--session", id, "--close", "[[say:last]]")).code, 0);
    assertEquals((await zag("wait", id)).code, 0);
    assertEquals((await zag("output", id)).stdout, "last\n");
    const { outcome, exitCode } = await claude.session();
    assertEquals([outcome, exitCode], ["success", 0]);
  }));
