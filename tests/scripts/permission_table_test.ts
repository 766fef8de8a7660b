import { DOCUMENT, withTables } from "../../scripts/permission_table.ts";
import { AGENTS, PERMISSIONS, PLACEHOLDERS } from "../../src/permissions.ts";
import { join } from "node:path";
import { loadProvider, TIERS } from "../../src/providers/registry.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

const committed = await Deno.readTextFile(DOCUMENT);

Deno.test("permission_table: docs/permissions.md has the tables that the source gives", () => {
  assertEquals(committed, withTables(committed), "Run: deno run -A scripts/permission_table.ts");
});

Deno.test("permission_table: wrong tables are replaced, and nothing else", () => {
  const damaged = committed.replace(/\| `man`.*\n/, "").replace("| `doctor`", "| `nobody`");
  assert(damaged !== committed);
  assertEquals(withTables(damaged), committed);
});

Deno.test("permission_table: a document without the markers is refused", () => {
  assertThrows(() => withTables("# Permissions\n"), Error, "docs/permissions.md lacks");
});

Deno.test("permission_table: every command and every placeholder is written about", () => {
  for (const name of Object.keys(PERMISSIONS)) assert(committed.includes(`\`${name}\``), name);
  for (const name of PLACEHOLDERS) assert(committed.includes(`- \`${name}\``), name);
});

Deno.test("permission_table: the agents are where their providers say", async () => {
  for (const name of TIERS) {
    const provider = await loadProvider(name);
    const agent = AGENTS[name];
    assertEquals(agent?.program, provider?.binary?.name, name);
    if (agent?.directory === undefined) continue;
    const { extensions } = await provider!.extensions!();
    const { directory, variable, namesHome } = agent;
    assertEquals(extensions.home!({ home: "/home", env: {} }), join("/home", directory));
    assertEquals(
      extensions.home!({ home: "/home", env: { [variable!]: "/moved" } }),
      namesHome ? join("/moved", directory) : "/moved",
    );
    // Whatever zag writes there is below one of the places.
    const own = [directory, ...agent.files].map((file) => join("/home", file));
    const places = [
      extensions.mcp?.file({ home: "/home", env: {} }),
      extensions.skills?.({ home: "/home", env: {} }),
    ].filter((place) => typeof place === "string");
    for (const place of places) {
      assert(own.some((path) => place === path || place.startsWith(`${path}/`)), place);
    }
  }
});
