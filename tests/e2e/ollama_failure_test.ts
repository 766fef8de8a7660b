/** What a person sees of `zag -p ollama exec` when something is wrong. */
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { OllamaRequest, OllamaServer } from "../support/ollama_server.ts";
import { MAIN } from "../support/zag.ts";
import { lastSent, withOllama } from "./ollama_support.ts";
import { isAlive, jsonLines, leftovers, livingWith, onlyLog, waitFor } from "./support.ts";

Deno.test(
  "exec -p ollama: says how to start a server that is down",
  withOllama({}, async ({ home, zag }) => {
    const env = { OLLAMA_HOST: "localhost:9" };
    const ran = await zag(["exec", "hi"], { env });
    assertEquals([ran.code, ran.stdout], [2, ""]);
    assertMatch(ran.stderr, /Cannot reach Ollama at http:\/\/localhost:9: .*"ollama serve"/);
    assertStringIncludes(ran.stderr, "OLLAMA_HOST");
    assertEquals(ran.stderr.match(/Cannot reach/g)?.length, 1, ran.stderr);
    assertEquals(home.rows("sessions").map((row) => row.outcome), ["unknown"]);
  }),
);

for (
  const flags of [
    ["--exit-on-failure"],
    ["--json"],
    ["-o", "text"],
    ["-o", "json"],
    ["-o", "stream-json"],
  ]
) {
  Deno.test(
    `exec -p ollama ${flags.join(" ")}: a server that is down is an agent that did not start`,
    withOllama({}, async ({ home, zag }) => {
      const ran = await zag(["exec", ...flags, "hi"], { env: { OLLAMA_HOST: "localhost:9" } });
      assertEquals(ran.code, 2, ran.stderr);
      assertStringIncludes(ran.stderr, "Cannot reach Ollama at http://localhost:9");
      if (flags[1] === "json") {
        const { result, is_error, error_message } = JSON.parse(ran.stdout);
        assertEquals([result, is_error], [null, true]);
        assertStringIncludes(error_message, "Cannot reach Ollama");
      } else if (flags[1] === "stream-json") {
        assertEquals(jsonLines(ran.stdout).map(({ type }) => type), ["error"]);
      } else assertEquals(ran.stdout, "");
      assertEquals((await home.zag(["status", "--latest"])).stdout, "failed\n");
    }),
  );
}

Deno.test(
  "exec -p ollama: says how to get a model that is missing",
  withOllama({}, async ({ zag }) => {
    for (const format of [[], ["-o", "text"], ["-o", "json"]]) {
      const ran = await zag(["exec", "--exit-on-failure", ...format, "-m", "tiny:1b", "hi"]);
      assertEquals(ran.code, format[1] === "text" ? 2 : 1, ran.stderr);
      assertStringIncludes(ran.stderr, '"ollama pull tiny:1b"');
    }
  }),
);

Deno.test(
  "exec -p ollama: an error in mid-answer is a failure, and half an answer none",
  withOllama({
    answer: (_, index) => ({ text: ["Once ", "upon"], ...(index === 0 ? { error: "boom" } : {}) }),
  }, async ({ home, server, zag }) => {
    const ran = await zag(["exec", "--exit-on-failure", "one"]);
    assertEquals([ran.code, ran.stdout], [1, "Once upon\n"]);
    assertStringIncludes(ran.stderr, "boom");
    const { result, is_error } = JSON.parse(
      (await zag(["exec", "--continue", "-o", "json", "two"])).stdout,
    );
    assertEquals([result, is_error], ["Once upon", false]);
    assertEquals(lastSent(server), ["user: two"]);
    assertEquals(home.rows("sessions").length, 1);
  }),
);

Deno.test(
  "exec -p ollama: a connection that is cut is a failure",
  withOllama({ answer: () => ({ text: ["Once"], then: "cut" }) }, async ({ zag }) => {
    const ran = await zag(["exec", "--exit-on-failure", "hi"]);
    assertEquals(ran.code, 1);
    assertMatch(ran.stderr, /connection to Ollama .* broke/);
  }),
);

Deno.test(
  "exec -p ollama: an answer that is cut off is told as such",
  withOllama(
    { answer: () => ({ text: ["Once"], doneReason: "length" }) },
    async ({ home, zag }) => {
      const ran = await zag(["exec", "-o", "stream-json", "hi"]);
      assertEquals(ran.code, 0);
      assertMatch(ran.stdout, /"type":"error","message":"The answer is cut off/);
      assertMatch(ran.stdout, /"stop_reason":"max_tokens"/);
      const log = JSON.stringify(await onlyLog(home));
      assertStringIncludes(log, "The answer is cut off");
    },
  ),
);

for (const signal of ["SIGTERM", "SIGINT", "SIGKILL"] as const) {
  Deno.test(
    `exec -p ollama: ${signal} in mid-answer ends everything, the server's work too`,
    withOllama({
      answer: (_, index) => index === 0 ? { text: ["Once"], then: "hang" } : { text: ["done"] },
    }, async ({ home, server, zag, spawn }) => {
      const child = spawn(["exec", "one"], { stdin: "open" });
      await child.stdin.close();
      const agent = await waitFor(
        "the agent",
        async () =>
          (await livingWith(`HOME=${home.path}`)).find(({ command }) =>
            command.includes("ollama-agent")
          ),
      );
      const request = await waitFor("the request", () => chatOf(server));
      assertEquals(request.aborted, false);
      child.kill(signal);
      await child.output();
      if (signal === "SIGKILL") {
        // What zag could not end itself, the next zag ends.
        await zag(["exec", "two"]);
      }
      await waitFor("its end", async () => await isAlive(agent.pid) ? undefined : true);
      await waitFor("the end of the request", () => request.aborted || undefined);
      assertEquals(await leftovers(home), []);
      if (signal === "SIGKILL") return;
      const again = await zag(["exec", "--continue", "two"]);
      assertEquals([again.code, again.stdout], [0, "done\n"], again.stderr);
      assertEquals(lastSent(server), ["user: two"]);
    }),
  );
}

Deno.test(
  "exec -p ollama: --timeout ends a model that takes too long",
  withOllama({ answer: () => ({ then: "hang" }) }, async ({ server, zag }) => {
    const ran = await zag(["exec", "--timeout", "10s", "hi"]);
    assertEquals(ran.code, 124, ran.stderr);
    await waitFor("the end of the request", () => chatOf(server)?.aborted || undefined);
  }),
);

Deno.test(
  "exec -p ollama: names the permission that is missing",
  withOllama({}, async ({ home, server, env }) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--allow-env",
        "--allow-read",
        "--allow-write",
        "--allow-net=example.com",
        MAIN,
        "ollama-agent",
      ],
      env: home.env(env),
      clearEnv: true,
      cwd: home.work,
      stdin: "null",
    }).output();
    assertEquals(code, 77);
    assertStringIncludes(new TextDecoder().decode(stderr), `--allow-net=${server.host}`);
  }),
);

/** The first request for an answer. */
function chatOf({ requests }: OllamaServer): OllamaRequest | undefined {
  return requests.find(({ path }) => path === "/api/chat");
}

Deno.test(
  "discover says that only exec works where Ollama's program is missing",
  withOllama({}, async ({ home, env }) => {
    const { stdout } = await home.zag(["discover"], { env });
    assertStringIncludes(stdout, "only exec");
    const detail = await home.zag(["discover", "-p", "ollama"], { env });
    assertStringIncludes(detail.stdout, 'can be used by "zag exec" alone');
    await home.program("ollama", "#!/bin/sh\necho 'ollama version is 0.17.4'\n");
    const whole = await home.zag(["discover", "-p", "ollama"], { env });
    assertStringIncludes(whole.stdout, "Status:        can be used\n");
  }),
);
