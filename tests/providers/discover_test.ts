/** `zag discover` with the real programs. */
import { type AgentName, AGENTS, installAgent } from "../../scripts/install_agents.ts";
import { PROVIDER_NAMES } from "../../src/providers/registry.ts";
import { assertEquals } from "../support/assert.ts";
import { livingWith } from "../support/living.ts";
import { TestHome } from "../support/zag.ts";

for (const name of Object.keys(AGENTS) as AgentName[]) {
  Deno.test({
    name: `discover asks the real ${name} for its version`,
    ignore: !PROVIDER_NAMES.includes(name),
    async fn() {
      const { bin, version } = await installAgent(name);
      await using home = await TestHome.create();
      const env = { PATH: `${bin}:${home.env().PATH}` };
      const ran = await home.zag(["discover", "-p", name, "--json"], { env });
      assertEquals([ran.code, ran.stderr], [0, ""]);
      const { installed, path, version: told, usable, reason } = JSON.parse(ran.stdout);
      assertEquals(
        { installed, path, told, usable, reason },
        { installed: true, path: `${bin}/${name}`, told: version, usable: true, reason: undefined },
      );
      assertEquals(await livingWith(`HOME=${home.path}`), []);
    },
  });
}
