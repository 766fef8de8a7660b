/** Secrets reach nothing that zag keeps, nor what it says beside the answers. */
import type { Step } from "../../src/providers/mock/script.ts";
import { unfinishedPath } from "../../src/sessions/unfinished.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type Planted, planted, secretFiles } from "../support/redaction.ts";
import { base64, formsOf, waysOf } from "../support/secret_forms.ts";
import type { Finished, TestHome } from "../support/zag.ts";
import { limit, untilWaits } from "./limit_support.ts";
import { ended, endOf, rowOf, spawn } from "./spawn_support.ts";
import {
  claude,
  inHome,
  jsonLines,
  livingWith,
  onlyLog,
  script,
  standIn,
  waitFor,
} from "./support.ts";

/** Runs zag where a secret is in the environment, and hands another one over with `--env`. */
async function exec(
  home: TestHome,
  { env, args }: Planted,
  more: readonly string[],
  steps: Step[],
  command = "exec",
): Promise<Finished> {
  // Too long for a variable.
  const path = `${home.path}/script.json`;
  await Deno.writeTextFile(path, JSON.stringify({ turns: [{ steps }] }));
  return await home.zag(["-p", "mock", command, ...args, ...more], {
    env: { ...env, ZAG_MOCK_SCRIPT: path },
  });
}

/** Fails when a file of zag's, or one of these texts, holds a secret. */
async function assertClean(
  home: TestHome,
  secrets: Planted,
  texts: Readonly<Record<string, string>> = {},
): Promise<void> {
  assertEquals(await secretFiles(home, secrets), []);
  for (const [what, text] of Object.entries(texts)) assertEquals(secrets.in(text), [], what);
}

Deno.test(
  "exec keeps no secret that its prompt, its agent or a tool has told, and prints the answer as it is",
  inHome(async (home) => {
    const secrets = planted(home);
    const all = secrets.all.join("\n");
    const inJson = JSON.stringify({ all });
    const written = [secrets.inherited, secrets.handed].flatMap((secret) => [
      ...Object.values(waysOf(secret)),
      base64(`${"x".repeat(40)}${secret} and more`),
      base64(`${"x".repeat(50)}${secret} and more`),
    ]).join("\n");
    const result = await exec(home, secrets, ["--debug", "--name", "n", `use ${all}`], [
      { do: "think", text: `I know ${all}` },
      {
        do: "tool",
        name: "read",
        input: { text: all, [secrets.handed]: 1 },
        output: inJson,
        data: { all },
      },
      { do: "tool", name: "read", error: `failed: ${all}` },
      { do: "tool", name: "read", output: written, data: { [written]: written } },
      { do: "run", command: ["sh", "-c", `printf '%s %s' "$PLANTED_TOKEN" "$HANDED_PASSWORD"`] },
      { do: "tool", name: "read", output: `${"x".repeat(300_000)} ${all}` },
      { do: "tool", name: "read", output: `${"x".repeat(262_144 - 8 - 21)} ${all}` },
      { do: "say", text: `It is ${all}`, deltas: 3 },
    ]);
    assertEquals(result.code, 0, result.stderr);
    assertStringIncludes(result.stdout, all);
    const [row] = home.rows("sessions");
    const id = String(row!.session_id);
    const log = await home.zag(["log", id, "--json"], { env: secrets.env });
    const texts: Record<string, string> = { "--debug": result.stderr, log: log.stdout };
    for (
      const args of [
        ["ps", "list", "--json"],
        ["session", "show", id],
        ["session", "show", id, "--json"],
        ["search", "It is"],
        ["search", "--json", "know"],
        ["output", id],
        ["events", id],
        ["summary", id],
        ["listen", id],
      ]
    ) {
      // Without the variables: what is kept is clean, not only what is shown.
      const { stdout, stderr } = await home.zag(args);
      texts[args.join(" ")] = stdout + stderr;
    }
    assertMatch(texts["search It is"]!, /\[redacted:PLANTED_TOKEN\]/);
    assertMatch(result.stderr, /HANDED_PASSWORD/);
    await assertClean(home, secrets, texts);
    const entries = await onlyLog(home);
    assertEquals(entries.map(({ seq }) => seq), entries.map((_, index) => index + 1));
    assertEquals(
      entries.find(({ type }) => type === "user_message")!.content,
      "use " + secrets.placeholders.join("\n"),
    );
  }),
);

Deno.test(
  "exec -o json says in error_message what its events say, and all else has the error redacted",
  inHome(async (home) => {
    const secrets = planted(home);
    const message = `It is not ${secrets.all.join(" ")}`;
    const { stdout, stderr } = await exec(home, secrets, ["-o", "json", "hi"], [
      { do: "error", message, fatal: true },
    ]);
    const { events, error_message } = JSON.parse(stdout);
    assertEquals(error_message, message);
    assert(events.some((event: Record<string, unknown>) => event.message === message), stdout);
    assertStringIncludes(stderr, "[redacted:");
    await assertClean(home, secrets, { stderr });
  }),
);

Deno.test(
  "exec leaves nothing of a token that holds a known value, nor of values that overlap",
  inHome(async (home) => {
    const token = "sk-ant-api03-AbChunter2hunter2ZZZZZZsecretrest123456";
    const text = `use ${token} and first-half-11-second-22 and https://a1b2c3d4e5f6a7b8@host/x`;
    const env = {
      DB_PASSWORD: "hunter2hunter2",
      A_TOKEN: "first-half-11",
      B_TOKEN: "half-11-second-22",
    };
    const steps = [{ do: "say", text: `It is ${text}`, deltas: 9 }];
    const result = await home.zag(["-p", "mock", "exec", text], {
      env: { ...env, ...script(steps as Step[]) },
    });
    assertEquals([result.code, result.stdout], [0, `It is ${text}\n`], result.stderr);
    const entries = await onlyLog(home);
    const kept = JSON.stringify([entries, home.rows("sessions"), result.stderr]);
    for (const part of ["AbC", "secretrest", "first-half", "second-22", "a1b2c3d4"]) {
      assert(!kept.includes(part), `${part} in ${kept}`);
    }
    assertEquals(
      entries.find(({ type }) => type === "user_message")!.content,
      "use [redacted:api-key] and [redacted:B_TOKEN] and https://[redacted:url-token]@host/x",
    );
  }),
);

Deno.test(
  "exec -o json, -o stream-json and -o text keep no secret",
  inHome(async (home) => {
    const secrets = planted(home);
    const all = secrets.all.join(" ");
    for (const form of ["json", "stream-json", "text"]) {
      const { code, stdout, stderr } = await exec(home, secrets, ["-o", form, "hi"], [
        { do: "say", text: `It is ${all}`, deltas: 4 },
      ]);
      assertEquals(code, 0, stderr);
      assertStringIncludes(stdout, secrets.handed);
      await assertClean(home, secrets, { stderr });
    }
  }),
);

Deno.test(
  "exec keeps no secret of an agent that fails, and prints none in its errors",
  inHome(async (home) => {
    const secrets = planted(home);
    const all = secrets.all.join(" ");
    const failed = await exec(home, secrets, ["hi"], [{ do: "error", message: all, fatal: true }]);
    assertStringIncludes(failed.stderr, "[redacted:HANDED_PASSWORD]");
    const words = secrets.all.map((each) => `'${each}'`).join(" ");
    await standIn(home, `cat >/dev/null; printf '%s\\n' ${words} >&2; exit 3`);
    const crashed = await claude(home, ["--debug", ...secrets.args, "hi"], { env: secrets.env });
    assertEquals(crashed.code, 2, crashed.stderr);
    assertStringIncludes(crashed.stderr, "[redacted:HANDED_PASSWORD]");
    const inJson = await claude(home, ["-o", "json", ...secrets.args, "hi"], { env: secrets.env });
    const usage = await exec(home, secrets, ["--root", `/no/${secrets.handed}`, "hi"], []);
    const flag = await exec(home, secrets, [`--${secrets.inherited}`], []);
    await assertClean(home, secrets, {
      failed: failed.stderr,
      crashed: crashed.stderr + crashed.stdout,
      inJson: inJson.stderr,
      usage: usage.stderr,
      flag: flag.stderr,
    });
  }),
);

Deno.test(
  "exec keeps no secret of an MCP configuration that is given as JSON",
  inHome(async (home) => {
    const secret = "0f-a-s3rver/that-n0body-knows";
    const secrets = {
      ...planted(home),
      in: (text: string) => formsOf(secret).filter((form) => text.includes(form)),
    };
    const server = { command: "true", env: { SERVER_TOKEN: secret } };
    const config = JSON.stringify({ mcpServers: { s: server } });
    const { stderr } = await exec(home, secrets, ["--debug", "--mcp-config", config, "hi"], [
      { do: "tool", name: "read", output: `it is ${secret}` },
      { do: "error", message: `not with ${secret}`, fatal: true },
    ]);
    assertStringIncludes(stderr, "not with [redacted:SERVER_TOKEN]");
    await assertClean(home, secrets, { stderr });
  }),
);

Deno.test(
  "exec has a secret in private files of its run only as long as somebody has to know it whole",
  inHome(async (home) => {
    const secrets = planted(home);
    const config = JSON.stringify({
      mcpServers: {
        s: { command: "true", env: { DATABASE_URL: `db://me:${secrets.handed}@host/` } },
      },
    });
    await home.program("tell", '#!/bin/sh\ncat >> "$HOME/told"\n');
    const child = home.spawn([
      ...["-p", "mock", "exec", "--name", `n ${secrets.inherited}`, "--notify", "command:tell"],
      ...["--permissions", '{"default":"ask"}', "--mcp-config", config, "hi"],
    ], {
      env: {
        ...secrets.env,
        ...script([{ do: "run", command: ["echo", ...secrets.all] }, ...limit(3600)]),
      },
    });
    const end = child.output();
    const question = await waitFor("a question", async () => {
      const { stdout } = await home.zag(["permit", "--list", "--json"]);
      return (JSON.parse(stdout) as Record<string, string>[])[0];
    });
    const told = await waitFor("the question to be told", async () => {
      const text = await Deno.readTextFile(`${home.path}/told`).catch(() => "");
      return text.endsWith("\n") ? text : undefined;
    });
    assertStringIncludes(told, "[redacted:DATABASE_URL]");
    assertStringIncludes(told, "[redacted:PLANTED_TOKEN]");
    assertEquals(secrets.in(told), []);
    const [notice] = (await filesOf(`${home.path}/.zag/notices`)).filter((path) =>
      path.endsWith(".json")
    );
    assertStringIncludes(await Deno.readTextFile(notice!), "[redacted:PLANTED_TOKEN]");
    assertEquals(await privateFiles(home, secrets), ["mcp.json", `question-${question.id}.json`]);
    assertEquals((await home.zag(["permit", "deny"])).code, 0);
    const { sessionId } = await untilWaits(home);
    const left = await privateFiles(home, secrets);
    assertEquals(left.filter((name) => name !== "mcp.json"), ["given.json"]);
    assertEquals((await home.zag(["usage", "cancel", sessionId])).code, 0);
    const { stderr } = await end;
    await assertClean(home, secrets, { stderr: new TextDecoder().decode(stderr) });
    assertEquals(secrets.in(await Deno.readTextFile(`${home.path}/told`)), []);
  }),
);

/** The names of the files that hold a secret, which nobody else can read. */
async function privateFiles(home: TestHome, secrets: Planted): Promise<string[]> {
  const paths = (await secretFiles(home, secrets)).map((file) => file.split(":")[0]!);
  for (const path of paths) assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  return paths.map((path) => path.slice(path.lastIndexOf("/") + 1)).sort();
}

async function filesOf(directory: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(directory)) paths.push(`${directory}/${name}`);
  return paths;
}

Deno.test(
  "spawn keeps no secret of a session in the background",
  inHome(async (home) => {
    const secrets = planted(home);
    const all = secrets.all.join(" ");
    const id = await spawn(
      home,
      [...secrets.args, `use ${all}`],
      [{ do: "say", text: all, deltas: 5 }, { do: "error", message: all, fatal: true }],
      { env: secrets.env },
    );
    await ended(home, id);
    assertEquals(endOf(home, id)[0], "failure");
    assertStringIncludes(String(rowOf(home, id).error), "[redacted:HANDED_PASSWORD]");
    await assertClean(home, secrets);
    const retry = await home.zag(["retry", id], { env: secrets.env });
    assertEquals(retry.code, 1);
    assertStringIncludes(retry.stdout + retry.stderr, "held a secret, which is not kept");
    assertEquals(home.rows("sessions").length, 1, "nothing was sent");
  }),
);

Deno.test(
  "run --exit and user events keep no secret that an agent hands over",
  inHome(async (home) => {
    const secrets = planted(home);
    const { code, stderr } = await exec(home, secrets, ["-a", "--headless", "--exit", "it", "hi"], [
      {
        do: "run",
        command: [
          "sh",
          "-c",
          `zag log "I know $HANDED_PASSWORD" --data "{\\"k\\":\\"$PLANTED_TOKEN\\"}"`,
        ],
      },
      { do: "run", command: ["sh", "-c", `zag ps kill self "it is $HANDED_PASSWORD"`] },
      { do: "hang" },
    ], "run");
    assertEquals(code, 0, stderr);
    const output = await home.zag(["output"]);
    assertEquals(output.stdout, "it is [redacted:HANDED_PASSWORD]\n");
    await assertClean(home, secrets, { stderr });
  }),
);

Deno.test(
  "a zag that is killed while a message is made leaves no half of a secret",
  inHome(async (home) => {
    const secrets = planted(home);
    const half = secrets.handed.slice(0, 12);
    // The first of two pieces ends in the middle of a secret, and the second never comes.
    const first = `all of ${secrets.all.join(" ")} and ${half}`;
    const text = first + secrets.handed.slice(12).padEnd(first.length, ".");
    const child = home.spawn(["-p", "mock", "exec", ...secrets.args, "hi"], {
      env: {
        ...secrets.env,
        ...script([{ do: "say", text, deltas: 2, delay: 600_000 }]),
      },
    });
    const path = await waitFor("what is said", async () => {
      for (const log of await home.logPaths()) {
        const text = await Deno.readTextFile(unfinishedPath(log)).catch(() => "");
        if (text.includes("and [redacted:HANDED_PASSWORD]")) return log;
      }
    });
    child.kill("SIGKILL");
    await Promise.all([child.stdout.cancel(), child.stderr.cancel(), child.status]);
    for (const { pid } of await livingWith(`HOME=${home.path}`)) Deno.kill(pid, "SIGKILL");
    await assertClean(home, secrets);
    assert(!(await Deno.readTextFile(unfinishedPath(path))).includes(half));
    await home.zag(["session", "list"]);
    const said = jsonLines(await Deno.readTextFile(path)).find(({ type }) =>
      type === "assistant_message"
    );
    assertMatch(
      String(said?.content ?? "and [redacted:HANDED_PASSWORD]"),
      /and \[redacted:HANDED_PASSWORD\]/,
    );
    await assertClean(home, secrets);
  }),
);
