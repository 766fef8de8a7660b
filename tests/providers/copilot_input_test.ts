import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { entries, eventsOf, only } from "./agent_home.ts";
import { conversation, copilotTest } from "./copilot_support.ts";

const [FIRST, SECOND] = ["[[say:the first answer]]", "[[say:the second]]"] as const;

copilotTest(
  [],
  "input goes on with the session, and prints events in zag's form",
  async (copilot) => {
    const first = await copilot.zag(["exec", "-a", FIRST]);
    assertEquals(first.stdout, "the first answer\n", first.stderr);
    const options = { env: copilot.env() };
    const ran = await copilot.home.zag(["input", "-o", "stream-json", SECOND], options);
    assertEquals(ran.code, 0);
    assertMatch(ran.stderr, /^> Sends to session [0-9a-f]{8} \(copilot\)\n$/);
    const events = eventsOf(ran);
    assertEquals(only(events, "user_message").map(({ content }) => content), [
      [{ type: "text", text: SECOND }],
    ]);
    assertEquals(only(events, "result").map(({ message }) => message), ["the second"]);
    assertEquals(conversation(copilot).filter((text) => text.startsWith("[[")), [FIRST, SECOND]);
    assertEquals(entries(await copilot.log(), "user_message").map(({ content }) => content), [
      FIRST,
      SECOND,
    ]);
    const stream = await copilot.home.zag(["input", "--stream"], { ...options, stdin: "x\n" });
    assertEquals([stream.code, stream.stdout], [1, ""]);
    assertStringIncludes(stream.stderr, "Cannot use --stream with session");
  },
);
