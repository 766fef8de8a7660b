/** `zag exec -o text` with real CLIs that hit a usage limit: what they print is not read, their files are. */
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { entries } from "./agent_home.ts";
import { CLAUDE } from "./claude_support.ts";
import { CODEX } from "./codex_support.ts";
import { limited, resumed } from "./limit_support.ts";

for (const setup of [CLAUDE, CODEX]) {
  Deno.test(
    `${setup.name} exec -o text goes on when a usage limit is over`,
    () =>
      limited(setup, 1, 1, async (agent) => {
        const args = ["exec", "-o", "text", "what is it? [[say:forty-two]]"];
        const { code, stdout, stderr } = await agent.zag(args);
        assertEquals(code, 0, stderr);
        assertStringIncludes(stdout, "forty-two");
        const log = await agent.log();
        const [hit] = entries(log, "usage_limit_hit");
        assertEquals(resumed(log).map(({ incident_id }) => incident_id), [hit?.incident_id]);
      }),
  );
}
