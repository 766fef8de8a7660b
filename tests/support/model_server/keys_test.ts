import { assertEquals } from "../assert.ts";
import { dialect, post } from "./dialects.ts";
import { startModelServer } from "./mod.ts";

Deno.test("startModelServer() without keys answers the OpenAI protocols alone", async () => {
  await using server = startModelServer({ keyless: true });
  const statuses = [];
  for (const name of ["openai_responses", "openai_chat", "anthropic", "gemini"] as const) {
    const { path, request } = dialect(name);
    const response = await post(server.url, { path, headers: {} }, request("hello", false));
    await response.body?.cancel();
    statuses.push(response.status);
  }
  // Without its headers a request to Anthropic is still known by its path.
  assertEquals(statuses, [200, 200, 401, 403]);
});
