/** What a model says of usage limits is no limit. */
import { fromFileUrl } from "../support/paths.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { inHome } from "./support.ts";

const FIXTURES = fromFileUrl(new URL("../fixtures/", import.meta.url));

/** The words of each CLI for a limit that it has hit, or of its service. */
const WORDS: Readonly<Record<string, string>> = {
  claude: "Claude AI usage limit reached|4102444800",
  codex: "You've hit your usage limit. Try again later.",
  copilot: "Too many requests, error 429: you have hit your weekly rate limit.",
  gemini: "RESOURCE_EXHAUSTED: you have exceeded your current quota, retry in 7.5s",
};

/** In what each CLI printed once, this was the answer. */
const ANSWER = "STUB:hello";

Deno.test(
  "exec takes an answer that mentions a usage limit for an answer, whichever agent gives it",
  inHome(async (home) => {
    for (const [provider, first] of Object.entries(WORDS)) {
      const said = [first, ...Object.values(WORDS)].join("\n");
      const recorded = await Deno.readTextFile(`${FIXTURES}${provider}/simple/stdout.ndjson`);
      assert(recorded.includes(ANSWER));
      const inJson = JSON.stringify(said).slice(1, -1);
      await Deno.writeTextFile(`${home.path}/output`, recorded.replaceAll(ANSWER, inJson));
      await Deno.writeTextFile(`${home.path}/said`, said);
      await home.program(
        provider,
        `#!/bin/sh
if [ "$*" = --version ]; then echo 9.9.9; exit; fi
echo ${provider} >> "$HOME/started"
cat > /dev/null
cat "$HOME/said" >&2
cat "$HOME/output"
`,
      );
      const { code, stdout, stderr } = await home.zag(["-p", provider, "exec", "do it"], {
        env: { ZAG_CLAUDE_ALLOW_PRINT: "1" },
      });
      assertEquals([provider, code, stdout], [provider, 0, `${said}\n`], stderr);
    }
    const started = await Deno.readTextFile(`${home.path}/started`);
    assertEquals(started, Object.keys(WORDS).join("\n") + "\n");
    const types = (await home.logs()).flat().map(({ type }) => String(type));
    assertEquals(types.filter((type) => type.startsWith("usage_limit")), []);
    assertEquals(home.rows("resumes"), []);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), Array(4).fill("success"));
  }),
);
