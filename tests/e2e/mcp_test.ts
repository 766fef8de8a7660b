/** MCP servers, from the command line to the agents' settings and back. */
import { assert, assertEquals } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome } from "./support.ts";

const SETTINGS: Record<string, string> = {
  ".claude.json": '{\n  "numStartups": 3,\n  "projects": {}\n}',
  ".gemini/settings.json": '{\r\n\t// mine\r\n\t"ui": {},\r\n}\r\n',
  ".copilot/mcp-config.json": '{"mcpServers":{"a":{"type":"local","command":"x","args":[]}}}',
  ".codex/config.toml": '# mine\nmodel = "x"\n\n[mcp_servers.a]\ncommand = "b" # c',
};

async function withSettings(home: TestHome): Promise<void> {
  for (const [name, text] of Object.entries(SETTINGS)) {
    const path = `${home.path}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

async function settings(home: TestHome): Promise<Record<string, string>> {
  const texts = Object.keys(SETTINGS).map(async (name) =>
    [name, await Deno.readTextFile(`${home.path}/${name}`)] as const
  );
  return Object.fromEntries(await Promise.all(texts));
}

Deno.test(
  "zag mcp: add, sync and remove leave the agents' settings as they were, to the byte",
  inHome(async (home) => {
    await withSettings(home);
    const out = async (...args: string[]) => {
      const { code, stdout, stderr } = await home.zag(["mcp", ...args]);
      assertEquals([code, stderr], [0, ""], args.join(" "));
      return stdout;
    };
    await out("add", "one", "--global", "--command", "npx", "--args", "-y", "pkg", "--x");
    assertEquals(
      await out("sync"),
      "claude: 1 MCP server\ncodex: 1 MCP server\ngemini: 1 MCP server\ncopilot: 1 MCP server\n" +
        "ollama: it takes no MCP servers, skipped\n",
    );
    const synced = await settings(home);
    for (const text of Object.values(synced)) assert(text.includes("zag-one"), text);
    await out("sync");
    assertEquals(await settings(home), synced);
    await out("remove", "one");
    assertEquals(await settings(home), SETTINGS);
  }),
);

Deno.test(
  "zag mcp: syncs of two projects at once leave whole settings that hold one of them",
  inHome(async (home) => {
    await withSettings(home);
    const roots = ["a", "b"].map((name) => `${home.work}/${name}`);
    for (const root of roots) {
      await Deno.mkdir(root);
      await home.zag(["mcp", "add", "one", "-r", root, "--command", root]);
    }
    const ran = await Promise.all(
      [0, 1, 2, 3].map((index) => home.zag(["mcp", "sync", "-r", roots[index % 2]!])),
    );
    assertEquals(ran.map(({ code }) => code), [0, 0, 0, 0]);
    for (const [name, text] of Object.entries(await settings(home))) {
      assertEquals(text.split("zag-one").length - 1, 1, `${name}: ${text}`);
    }
    for (const root of roots) await home.zag(["mcp", "remove", "one", "-r", root]);
    assertEquals(await settings(home), SETTINGS);
  }),
);
