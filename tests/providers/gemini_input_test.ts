import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { entries, eventsOf, only } from "./agent_home.ts";
import { conversation, geminiTest } from "./gemini_support.ts";

const [FIRST, SECOND] = ["[[say:the first answer]]", "[[say:the second]]"] as const;

geminiTest(
  [],
  "input goes on with the session, and prints events in zag's form",
  async (gemini) => {
    const first = await gemini.zag(["exec", "-a", FIRST]);
    assertEquals(first.stdout, "the first answer\n", first.stderr);
    const options = { env: gemini.env() };
    const ran = await gemini.home.zag(["input", "-o", "stream-json", SECOND], options);
    assertEquals(ran.code, 0);
    assertMatch(ran.stderr, /^> Sends to session [0-9a-f]{8} \(gemini\)\n$/);
    const events = eventsOf(ran);
    assertEquals(only(events, "user_message").map(({ content }) => content), [
      [{ type: "text", text: SECOND }],
    ]);
    assertEquals(only(events, "result").map(({ message }) => message), ["the second"]);
    assertEquals(conversation(gemini).filter((text) => text.startsWith("[[")), [FIRST, SECOND]);
    assertEquals(entries(await gemini.log(), "user_message").map(({ content }) => content), [
      FIRST,
      SECOND,
    ]);
    const stream = await gemini.home.zag(["input", "--stream"], { ...options, stdin: "x\n" });
    assertEquals([stream.code, stream.stdout], [1, ""]);
    assertStringIncludes(stream.stderr, "Cannot use --stream with session");
  },
);
