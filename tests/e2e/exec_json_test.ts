import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { answering, playing, SCHEMA, statusOf } from "./json_support.ts";
import { inHome, jsonLines, onlyLog, script } from "./support.ts";

Deno.test(
  "exec --json prints the agent's JSON on one line, whatever is around it",
  inHome(async (home) => {
    const pretty = '{\n  "a": [1, 2]\n}';
    for (
      const text of [
        pretty,
        `\`\`\`json\n${pretty}\n\`\`\``,
        `Here:\n\n${pretty}\n\nDone.`,
        `\ufeff${pretty.replaceAll("\n", "\r\n")}\r\n`,
      ]
    ) {
      const { code, stdout, stderr } = await answering(home, [text]);
      assertEquals([code, stdout, stderr], [0, '{"a":[1,2]}\n', ""]);
    }
  }),
);

Deno.test(
  "exec --json-schema takes the JSON that matches, and output prints the same",
  inHome(async (home) => {
    const text = 'Not {"n": "1"} and not [1] but:\n\n```json\n{ "n": 12345678901234567890 }\n```\n';
    const { code, stdout, stderr } = await answering(home, [text], ["--json-schema", SCHEMA]);
    assertEquals([code, stdout, stderr], [0, '{"n":12345678901234567890}\n', ""]);
    const output = await home.zag(["output"]);
    assertEquals([output.code, output.stdout], [0, '{"n":12345678901234567890}\n']);
    // What the agent said is in the log as it said it.
    const log = await onlyLog(home);
    assert(log.some(({ type, content }) => type === "assistant_message" && content === text));
    assertEquals(await statusOf(home), "completed");
  }),
);

for (const command of ["exec", "run"]) {
  Deno.test(
    `${command} --json asks for JSON in the system prompt, too, behind the one that was given`,
    inHome(async (home) => {
      const env = script([{ do: "prompt" }]);
      const told = async (...args: string[]) => {
        const ran = await home.zag(["-p", "mock", command, ...args, "count"], { env });
        assertEquals(ran.code, 0, ran.stderr);
        return JSON.parse(ran.stdout);
      };
      const plain = await told("--json");
      assertMatch(plain.system_prompt, /^Answer with JSON alone: .*\.$/);
      assertEquals(plain.prompt, `${plain.system_prompt}\n\ncount`);
      const given = await told("--json-schema", '{"type":"object"}', "-s", "Be brief.");
      const [own, json] = [given.system_prompt.slice(0, 11), given.system_prompt.slice(11)];
      assertEquals(own, "Be brief.\n\n");
      assertMatch(json, /^Answer with JSON alone: .*JSON Schema:\n\{\n {2}"type": "object"\n\}$/);
      assertEquals(given.prompt, `${json}\n\ncount`);
      assertEquals((await told("--json")).system_prompt, plain.system_prompt);
      await Deno.mkdir(`${home.path}/.zag`, { recursive: true });
      await Deno.writeTextFile(
        `${home.path}/.zag/zag.jsonc`,
        '{"defaults": {"system_prompt": "Be kind."}}',
      );
      const configured = await told("--json");
      assertEquals(configured.system_prompt, `Be kind.\n\n${plain.system_prompt}`);
      // The books have the one that was given: whatever starts the session again adds the rest anew.
      const launches = home.rows("sessions").map(({ launch }) => JSON.parse(String(launch)));
      assertEquals(launches.map(({ systemPrompt }) => systemPrompt ?? null), [
        null,
        "Be brief.",
        null,
        "Be kind.",
      ]);
    }),
  );
}

Deno.test(
  "exec --json keeps no second copy of an answer that is nothing but its JSON",
  inHome(async (home) => {
    await answering(home, ['{"a":1}']);
    const log = await onlyLog(home);
    assertEquals(log.filter(({ type }) => type === "session_result"), []);
    assertEquals((await home.zag(["output"])).stdout, '{"a":1}\n');
  }),
);

Deno.test(
  "exec --json never prints anything but the JSON on stdout",
  inHome(async (home) => {
    for (const flags of [[], ["-v"], ["-q"], ["--debug"], ["--show-usage"], ["-o", "text"]]) {
      const turns = [[{ do: "say", text: "no" }], [{ do: "think", text: "hm" }, {
        do: "tool",
        name: "read",
        output: "x",
      }, { do: "say", text: "[ 1 ]" }]] as const;
      const ran = await playing(home, turns.map((steps) => [...steps]), ["--json", ...flags]);
      assertEquals([ran.code, ran.stdout], [0, "[1]\n"], flags.join());
    }
  }),
);

Deno.test(
  "exec --json -o json prints the whole session, with the JSON as its result",
  inHome(async (home) => {
    const fine = await answering(home, ["[ 1 ]"], ["--json", "-o", "json"]);
    const { result, is_error, agent } = JSON.parse(fine.stdout);
    assertEquals([fine.code, result, is_error, agent], [0, "[1]", false, "mock"]);
    assertEquals(fine.stdout.split("\n").length, 2);
    const bad = await answering(home, ["a", "b", "c", "d"], ["--json", "-o", "json-pretty"]);
    const output = JSON.parse(bad.stdout);
    assertEquals([bad.code, output.is_error, output.result], [1, true, "d"]);
    assertMatch(output.error_message, /^The answer was refused: the answer holds no JSON: /);
    assertMatch(bad.stdout, /^\{\n {2}"agent"/);
  }),
);

Deno.test(
  "exec --json fails when the agent does: there is no JSON",
  inHome(async (home) => {
    const turn = [{ do: "error" as const, message: "boom", fatal: true }];
    for (const flags of [[], ["--exit-on-failure"]]) {
      const { code, stdout, stderr } = await playing(home, [turn], ["--json", ...flags]);
      assertEquals([code, stdout], [1, ""]);
      assertEquals(stderr, "error: Mock agent reported a failure: boom\n");
    }
  }),
);

Deno.test(
  "exec --json names the tools that the agent was not allowed to use, also when it fails",
  inHome(async (home) => {
    const steps = [{ do: "tool" as const, name: "read", needs_permission: true }];
    const turns = [0, 1, 2, 3].map(() => [...steps, { do: "say" as const, text: "I may not" }]);
    const { code, stderr } = await playing(home, turns);
    assertEquals(code, 1);
    assertEquals(stderr.match(/was not allowed to use "read"/g)?.length, 1, stderr);
  }),
);

Deno.test(
  "exec --json-stream is -o stream-json, in any place",
  inHome(async (home) => {
    const env = script([{ do: "say", text: "x" }]);
    for (
      const args of [
        ["exec", "--json-stream", "hi"],
        ["exec", "hi", "--json-stream"],
        ["--json-stream", "exec", "hi"],
        ["exec", "-o", "stream-json", "--json-stream", "hi"],
      ]
    ) {
      const { code, stdout } = await home.zag(["-p", "mock", ...args], { env });
      assertEquals(code, 0, args.join(" "));
      const types = jsonLines(stdout).map(({ type }) => type);
      assertEquals(types, ["init", "assistant_message", "turn_complete", "result"]);
    }
  }),
);

Deno.test(
  "what contradicts JSON is refused, naming both, before anything is started",
  inHome(async (home) => {
    const cases: [args: string[], words: string[]][] = [
      [["exec", "--json-stream", "--json"], ["--json-stream", "--json"]],
      [["exec", "--json", "--json-stream"], ["--json-stream", "--json"]],
      [["exec", "--json-schema", "{}", "--json-stream"], ["--json-stream", "--json-schema"]],
      [["--json-stream", "exec", "-o", "json"], ["--json-stream", "-o json"]],
      [["exec", "-o", "text", "--json-stream"], ["--json-stream", "-o text"]],
      [["exec", "--json", "-o", "stream-json"], ["--json", "-o stream-json"]],
      [["exec", "-o", "native-json", "--json-schema", "{}"], ["--json-schema", "-o native-json"]],
      [["exec", "--json", "-i", "stream-json"], ["--json", "-i stream-json"]],
      [["exec", "--json", "--resume", "x"], ["--json", "--resume"]],
      [["exec", "--continue", "--json-schema", "{}"], ["--json-schema", "--continue"]],
      [["run", "--json", "--resume", "x"], ["--json", "--resume"]],
      [["run", "--json-schema", "{}", "--continue"], ["--json-schema", "--continue"]],
      [["run", "--json-stream"], ["run", "--json-stream"]],
      [["--json-stream", "run"], ["run", "--json-stream"]],
    ];
    for (const [args, words] of cases) {
      const line = ["-p", "mock", ...args, "hi"];
      const { code, stdout, stderr } = await home.zag(line, { env: script([]) });
      assertEquals([code, stdout], [64, ""], args.join(" "));
      const [error] = stderr.split("\n");
      for (const word of words) assertStringIncludes(error!, word);
    }
    const bare = await home.zag(["-p", "mock", "run", "--json"]);
    assertEquals(bare.code, 64);
    assertStringIncludes(bare.stderr, "Cannot use --json without a prompt");
    assertEquals(await home.logs(), []);
  }),
);

Deno.test(
  "run --json behaves as exec --json",
  inHome(async (home) => {
    const env = script([{ do: "say", text: "no" }], [{ do: "say", text: '{ "n": 1 }' }]);
    const args = ["-p", "mock", "run", "--json-schema", SCHEMA, "hi"];
    const { code, stdout, stderr } = await home.zag(args, { env });
    assertEquals([code, stdout, stderr], [0, '{"n":1}\n', ""]);
    assertEquals(home.rows("sessions").length, 1);
  }),
);
