import { directClient } from "../src/direct_client.ts";
import { assertEquals } from "./support/assert.ts";
import { fromFileUrl } from "./support/paths.ts";

const rows: [string, boolean][] = [
  ["http://127.0.0.1:11434/api", true],
  ["http://127.8.9.10/", true],
  ["http://localhost:80/", true],
  ["http://[::1]:11434/", true],
  ["http://example.com/", false],
  ["http://127.0.0.1.example.com/", false],
  ["https://localhost/", false],
];

for (const [url, direct] of rows) {
  Deno.test(`directClient() ${direct ? "is for" : "leaves alone"} ${url} where a proxy is named`, () => {
    for (const proxy of ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]) {
      using client = directClient(new URL(url), (name) => name === proxy);
      assertEquals(client !== undefined, direct);
    }
  });
}

Deno.test("directClient() is for no address where no proxy is named", () => {
  for (const [url] of rows) assertEquals(directClient(new URL(url), () => false), undefined, url);
});

Deno.test("directClient() reaches this machine although the environment names a proxy", async () => {
  const module = fromFileUrl(new URL("../src/direct_client.ts", import.meta.url));
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("here"),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { directClient } from ${JSON.stringify(module)};
      const url = new URL(${JSON.stringify(url)});
      const plain = await fetch(url).then((response) => response.text(), () => "no answer");
      using client = directClient(url);
      console.log(plain, await (await fetch(url, { client })).text());`,
    ],
    env: { HTTP_PROXY: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9", NO_PROXY: "" },
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "no answer here\n");
});
