/** Sessions of the command line that hit a usage limit, and go on when it is over. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { OllamaServerOptions } from "../support/ollama_server.ts";
import type { TestHome } from "../support/zag.ts";
import { nothingLeft, send } from "./interactive_support.ts";
import {
  bringForward,
  limit,
  ownerOf,
  untilWaits,
  waiting,
  withoutJitter,
} from "./limit_support.ts";
import { type OllamaHome, withOllama } from "./ollama_support.ts";
import { inHome, jsonLines, leftovers, onlyLog, script, waitFor } from "./support.ts";

const PAST = "2020-01-01T00:00:00Z";
/** A limit that is over when it is hit. */
const OVER: Step[] = [{ do: "say", text: "half" }, {
  do: "limit",
  scope: "weekly",
  reset_at: PAST,
}];
const DONE: Step[] = [{ do: "say", text: "all of it" }];
const FAR = 3600;

/** Makes a test in a home without jitter. */
function limited(test: (home: TestHome) => Promise<void>): () => Promise<void> {
  return inHome(async (home) => {
    await withoutJitter(home);
    await test(home);
  });
}

/** What the log says of limits. */
async function told(home: TestHome): Promise<string[]> {
  const log = await onlyLog(home);
  return log.map(({ type }) => String(type)).filter((type) => type.startsWith("usage_limit_"));
}

const WAITS =
  /^⏳ Mock agent: usage limit \(weekly\), goes on at .* \(in .*\); zag usage cancel [0-9a-f]{8} stops waiting\n/;

Deno.test(
  "exec goes on when a usage limit is over, and says on stderr that it waits",
  limited(async (home) => {
    const ran = await home.zag(["-p", "mock", "exec", "do it"], { env: script(OVER, DONE) });
    assertEquals(ran.code, 0);
    assertStringIncludes(ran.stdout, "all of it");
    assertMatch(ran.stderr, new RegExp(`${WAITS.source}$`));
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
    const quiet = await home.zag(["-p", "mock", "exec", "-q", "do it"], {
      env: script(OVER, DONE),
    });
    assertEquals([quiet.code, quiet.stderr], [0, ""]);
  }),
);

for (
  const [command, ...args] of [
    ["exec", "--exit-on-failure", "do it"],
    ["run", "--json", "do it"],
    ["plan", "--exit-on-failure", "do it"],
    ["pipe", "earlier", "--exit-on-failure", "--", "do it"],
  ]
) {
  Deno.test(
    `${command} --no-auto-resume ends with a usage limit`,
    limited(async (home) => {
      if (command === "pipe") {
        await home.zag(["-p", "mock", "exec", "--name", "earlier", "hi"]);
      }
      const ran = await home.zag(["-p", "mock", command!, "--no-auto-resume", ...args], {
        env: script(OVER, DONE),
      });
      assertEquals([ran.code, ran.stdout.includes("all of it")], [1, false]);
      assertEquals(ran.stderr.includes("⏳"), false);
      assertEquals(home.rows("sessions").at(-1)?.outcome, "failure");
      assertEquals(home.rows("resumes"), []);
    }),
  );
}

Deno.test(
  "usage_limits.enabled false ends a session with its limit, of one provider too",
  inHome(async (home) => {
    for (const key of ["usage_limits.enabled", "usage_limits.providers.mock.enabled"]) {
      assertEquals((await home.zag(["config", key, "false"])).code, 0);
      const args = ["-p", "mock", "exec", "--exit-on-failure", "do it"];
      const ran = await home.zag(args, { env: script(OVER, DONE) });
      assertEquals([ran.code, ran.stderr.includes("⏳")], [1, false], key);
      await home.zag(["config", "unset", key]);
    }
    const hits = (await home.logs()).flat().filter(({ type }) => type === "usage_limit_hit");
    assertEquals(hits.map(({ scheduled_resume_at }) => scheduled_resume_at), [
      undefined,
      undefined,
    ]);
  }),
);

Deno.test(
  "exec --json goes on after a usage limit, and checks the answer that follows",
  limited(async (home) => {
    const ran = await home.zag(["-p", "mock", "exec", "--json", "do it"], {
      env: script(OVER, [{ do: "say", text: "no JSON" }], OVER, [{ do: "say", text: '{"a": 1}' }]),
    });
    assertEquals([ran.code, ran.stdout], [0, '{"a":1}\n'], ran.stderr);
    const hit = ["usage_limit_hit", "usage_limit_resumed"];
    assertEquals(await told(home), [...hit, ...hit]);
    assertEquals(home.rows("processes").map(({ status }) => status), ["exited", "exited"]);
  }),
);

Deno.test(
  "plan and review say that they wait, and print the answer that follows",
  limited(async (home) => {
    const ran = await home.zag(["-p", "mock", "plan", "a goal"], { env: script(OVER, DONE) });
    assertEquals(ran.code, 0);
    assertStringIncludes(ran.stdout, "all of it");
    assertMatch(ran.stderr, WAITS);
    const git = new Deno.Command("git", { args: ["init", "-q"], cwd: home.work });
    assert((await git.output()).success);
    await Deno.writeTextFile(`${home.work}/new.txt`, "text\n");
    const args = ["-p", "mock", "review", "--uncommitted"];
    const review = await home.zag(args, { env: script(OVER, DONE) });
    assertEquals(review.code, 0);
    assertStringIncludes(review.stdout, "all of it");
    assertMatch(review.stderr, WAITS);
  }),
);

Deno.test(
  "--timeout does not run while a session waits",
  limited(async (home) => {
    const ran = await home.zag(["-p", "mock", "exec", "--timeout", "10", "do it"], {
      env: script(limit(11), DONE),
    });
    assertEquals(ran.code, 0, ran.stderr);
    assertStringIncludes(ran.stdout, "all of it");
  }),
);

Deno.test(
  "extra_patterns tell a limit in an error that the provider does not know, and in nothing else",
  limited(async (home) => {
    const key = "usage_limits.providers.mock";
    const config = {
      usage_limits: {
        jitter_secs: 0,
        providers: {
          mock: { fallback_secs: 0, extra_patterns: ["(", "(?i)COME BACK", "never"] },
        },
      },
    };
    await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, JSON.stringify(config));
    const failing: Step[] = [{ do: "error", message: "Please come back later", fatal: true }];
    const ran = await home.zag(["-p", "mock", "exec", "do it"], { env: script(failing, DONE) });
    assertEquals(ran.code, 0);
    assertStringIncludes(ran.stdout, "all of it");
    assertStringIncludes(
      ran.stderr,
      `warning: ${key}.extra_patterns in the configuration: a pattern`,
    );
    assertStringIncludes(ran.stderr, "⏳ Mock agent: usage limit, goes on at");
    const log = await onlyLog(home);
    const [hit] = log.filter(({ type }) => type === "usage_limit_hit");
    assertEquals([hit?.scope, hit?.fallback_used], ["unknown", true]);
    assertEquals(hit?.raw, "Please come back later");
    // An answer is prose, whatever stands in it.
    const answer: Step[] = [{ do: "say", text: "Please come back later, never" }];
    await home.zag(["-p", "mock", "exec", "--name", "prose", "do it"], { env: script(answer) });
    const hits = (await home.logs()).flat().filter(({ type }) => type === "usage_limit_hit");
    assertEquals(hits.length, 1);
  }),
);

Deno.test(
  "spawn hands over whether its session waits, and zag wait goes on waiting",
  limited(async (home) => {
    const env = script(limit(FAR), DONE);
    const { stdout } = await home.zag(["-p", "mock", "spawn", "--name", "nightly", "do it"], {
      env,
    });
    const id = stdout.trim();
    const { incidentId, wakeAt } = await untilWaits(home);
    const status = await home.zag(["status", "nightly"]);
    assertEquals([status.code, status.stdout], [0, "idle\n"]);
    assertStringIncludes(status.stderr, "> Session waits for the end of a usage limit, until 20");
    for (
      const args of [["status", id, "--json"], ["session", "show", id, "--json"]]
    ) {
      const info = JSON.parse((await home.zag(args)).stdout);
      assertEquals([info.status, info.waits_until], ["idle", wakeAt]);
    }
    for (const args of [["ps", "list", "--json"], ["session", "list", "--json"]]) {
      const [info] = JSON.parse((await home.zag(args)).stdout);
      assertEquals(info.waits_until, wakeAt);
    }
    assertMatch((await home.zag(["ps", "list"])).stdout, /WAITS UNTIL/);
    assertMatch((await home.zag(["session", "show", id])).stdout, /Waits Until: +20/);
    const short = await home.zag(["wait", id, "--timeout", "1"]);
    assertEquals(short.code, 124);
    const waited = home.zag(["wait", id]);
    const resumed = await home.zag(["usage", "resume", incidentId.slice(0, 8)]);
    assertEquals([resumed.code, resumed.stdout], [0, `Session ${id} goes on now\n`]);
    assertEquals((await waited).code, 0);
    assertEquals((await home.zag(["output", id])).stdout.includes("all of it"), true);
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
    assertEquals(
      JSON.parse((await home.zag(["status", id, "--json"])).stdout).waits_until,
      undefined,
    );
  }),
);

Deno.test(
  "spawn --no-auto-resume ends with a usage limit, and so does its retry",
  limited(async (home) => {
    const env = script(OVER, DONE);
    const args = ["-p", "mock", "spawn", "--no-auto-resume", "do it"];
    const id = (await home.zag(args, { env })).stdout.trim();
    assertEquals((await home.zag(["wait", id])).code, 1);
    const retried = await home.zag(["retry", id, "--json"], { env });
    const [{ new_session_id: again }] = JSON.parse(retried.stdout);
    assertEquals((await home.zag(["wait", again])).code, 1);
    const resumed = (await home.logs()).flat().filter(({ type }) => type === "usage_limit_resumed");
    assertEquals(resumed, []);
  }),
);

Deno.test(
  "retry goes on after a usage limit, but not with --no-auto-resume",
  limited(async (home) => {
    const failing: Step[] = [{ do: "error", message: "no", fatal: true }];
    const id = (await home.zag(["-p", "mock", "spawn", "do it"], { env: script(failing) })).stdout
      .trim();
    await home.zag(["wait", id]);
    for (const [flags, code] of [[[], 0], [["--no-auto-resume"], 1]] as const) {
      const args = ["retry", id, "--json", ...flags];
      const retried = await home.zag(args, { env: script(OVER, DONE) });
      const [{ new_session_id: again }] = JSON.parse(retried.stdout);
      assertEquals((await home.zag(["wait", again])).code, code, flags.join());
    }
  }),
);

Deno.test(
  "input goes on after a usage limit, but not with --no-auto-resume",
  limited(async (home) => {
    const env = { env: script(DONE, OVER, DONE, OVER, DONE) };
    await home.zag(["-p", "mock", "exec", "--name", "talk", "hi"], env);
    const first = await home.zag(["input", "--name", "talk", "more"], env);
    assertEquals(first.code, 0);
    assertStringIncludes(first.stdout, "all of it");
    const args = ["input", "--name", "talk", "--no-auto-resume", "--exit-on-failure", "more"];
    const second = await home.zag(args, env);
    assertEquals([second.code, second.stderr.includes("⏳")], [1, false]);
  }),
);

Deno.test(
  "usage cancel ends a session that waits as failed, and says what its agent said",
  limited(async (home) => {
    const running = home.zag(["-p", "mock", "exec", "--name", "nightly", "do it"], {
      env: script(limit(FAR), DONE),
    });
    const { incidentId, sessionId } = await untilWaits(home);
    const cancelled = await home.zag(["usage", "cancel", "nightly"]);
    assertEquals(
      cancelled.stdout,
      `Cancelled ${incidentId}: session ${sessionId} does not go on\n`,
    );
    const { code, stdout, stderr } = await running;
    // As after "zag cancel".
    assertEquals([code, stdout.includes("all of it")], [2, false]);
    assertStringIncludes(stderr, `zag exec --resume ${sessionId}`);
    assertStringIncludes(stderr, "Mock agent reported a failure");
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_cancelled"]);
    const [session] = home.rows("sessions");
    assertEquals([session?.outcome, session?.end_reason], ["failure", "usage_limit"]);
    assertEquals(waiting(home), []);
    const again = await home.zag(["usage", "cancel", incidentId]);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, "zag usage list");
  }),
);

Deno.test(
  "usage show tells what the provider said, and names are offered to shells",
  limited(async (home) => {
    const running = home.zag(["-p", "mock", "exec", "--name", "nightly", "do it"], {
      env: script(limit(FAR), DONE),
    });
    const { incidentId } = await untilWaits(home);
    const shown = JSON.parse((await home.zag(["usage", "show", "nightly", "--json"])).stdout);
    const [hit] = (await onlyLog(home)).filter(({ type }) => type === "usage_limit_hit");
    assertEquals([shown.incident_id, shown.raw, shown.hit_at], [incidentId, hit?.raw, hit?.ts]);
    const offered = await home.zag(["complete", "zsh", "--", "usage", "cancel", ""]);
    assertStringIncludes(offered.stdout, incidentId);
    await home.zag(["usage", "cancel", incidentId]);
    await running;
  }),
);

Deno.test(
  "exec -o text waits for the end of a limit that the agent's own file tells of",
  limited(async (home) => {
    const ran = await home.zag(["-p", "mock", "exec", "-o", "text", "do it"], {
      env: script(OVER, DONE),
    });
    assertEquals([ran.code, ran.stdout], [0, "half\nall of it\n"], ran.stderr);
    assertMatch(ran.stderr, WAITS);
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
    const ended = await home.zag(
      ["-p", "mock", "exec", "-o", "text", "--no-auto-resume", "do it"],
      {
        env: script(OVER, DONE),
      },
    );
    assertEquals(ended.code, 2);
    assertStringIncludes(ended.stderr, "The limit ends at 2020-01-01");
  }),
);

Deno.test(
  "exec that has waited as often as it may says so, and how to go on",
  limited(async (home) => {
    const config = JSON.stringify({ usage_limits: { jitter_secs: 0, max_attempts: 2 } });
    await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, config);
    for (const json of [[], ["--json"]]) {
      const { code, stderr } = await home.zag(["-p", "mock", "exec", ...json, "do it"], {
        env: script(OVER, OVER, OVER, DONE),
      });
      const id = home.rows("sessions").at(-1)?.session_id;
      assertEquals(code, json.length);
      assertStringIncludes(stderr, "The limit ends at 2020-01-01");
      assertStringIncludes(stderr, "; zag has waited 2 times, and gave up. To go on then: ");
      assertStringIncludes(stderr, `zag exec --resume ${id} "..."\n`);
    }
  }),
);

Deno.test(
  "exec --resume and session delete say that a session waits, and what ends that",
  limited(async (home) => {
    const running = home.zag(["-p", "mock", "exec", "do it"], { env: script(limit(FAR)) });
    const { sessionId } = await untilWaits(home);
    const id = String(sessionId);
    for (const args of [["exec", "--resume", id, "more"], ["session", "delete", id]]) {
      const { code, stderr } = await home.zag(args);
      assertEquals(code, 1, args.join(" "));
      assertStringIncludes(stderr, `${id}": it waits for the end of a usage limit, until 20`);
      assertStringIncludes(stderr, `zag usage cancel ${id}`);
      assertStringIncludes(stderr, `zag usage resume ${id}`);
    }
    const listed = await home.zag(["ps"]);
    assertStringIncludes(listed.stdout, "WAITS UNTIL");
    await home.zag(["usage", "cancel", id]);
    await running;
  }),
);

/** A server that refuses the requests of these numbers with an error that the configuration knows. */
function refusing(...refused: number[]): OllamaServerOptions {
  return {
    answer: (body, index) =>
      refused.includes(index)
        ? { status: 500, error: "overfull" }
        : { text: [`to ${body.messages.at(-1).content}`] },
  };
}

async function knowsRefusal({ home }: OllamaHome): Promise<void> {
  const ollama = { fallback_secs: 0, extra_patterns: ["overfull"], resume_message: "once more" };
  const config = { usage_limits: { jitter_secs: 0, providers: { ollama } } };
  await Deno.mkdir(`${home.path}/.zag`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, JSON.stringify(config));
}

Deno.test(
  "exec -i stream-json with an agent that is started for each message goes on with the one at hand",
  withOllama(refusing(1), async (ollama) => {
    const { home, zag } = ollama;
    await knowsRefusal(ollama);
    const line = (content: string) => JSON.stringify({ type: "user_message", content }) + "\n";
    const ran = await zag(["exec", "-i", "stream-json", "-o", "stream-json", "first"], {
      stdin: line("second") + line("third"),
    });
    assertEquals(ran.code, 0, ran.stderr);
    const results = jsonLines(ran.stdout).filter(({ type, success }) =>
      type === "result" && success
    );
    assertEquals(results.map(({ message }) => message), ["to first", "to once more", "to third"]);
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
    assertEquals(home.rows("resumes"), []);
  }),
);

/** An agent that hits a limit with the first message and takes its time with the second. */
const SLOW = {
  ZAG_MOCK_SCRIPT: JSON.stringify({
    turns: [
      { match: "first", steps: OVER },
      { match: "second", steps: [{ do: "sleep", ms: 1000 }, { do: "say", text: "second" }] },
    ],
  }),
};

Deno.test(
  "exec -i stream-json goes on with a message that hit a limit, and with those behind it",
  limited(async (home) => {
    const line = (content: string) => JSON.stringify({ type: "user_message", content }) + "\n";
    const ran = await home.zag(
      ["-p", "mock", "exec", "-i", "stream-json", "-o", "stream-json", "-s", "brief"],
      { stdin: line("first") + line("second") + line("third"), env: SLOW },
    );
    assertEquals(ran.code, 0, ran.stderr);
    assertMatch(ran.stderr, WAITS);
    const results = jsonLines(ran.stdout).filter(({ type }) => type === "result");
    assertEquals(results.map(({ success, message }) => success && message), [
      false,
      "Continue",
      "second",
      "third",
    ]);
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
    const log = await onlyLog(home);
    const said = log.filter(({ type }) => type === "user_message").map(({ content }) => content);
    assertEquals(said.toSorted(), ["Continue", "first", "second", "third"]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
    assertEquals([home.rows("resumes"), home.rows("processes").length], [[], 1]);
  }),
);

Deno.test(
  "exec -i stream-json waits for a limit while its input is open, and takes what comes then",
  limited(async (home) => {
    const args = ["-p", "mock", "exec", "-i", "stream-json", "-o", "stream-json"];
    const child = home.spawn(args, { stdin: "open", env: script(limit(FAR), DONE, DONE) });
    const writer = child.stdin.getWriter();
    const say = async (content: string) => {
      const text = JSON.stringify({ type: "user_message", content }) + "\n";
      await writer.write(new TextEncoder().encode(text));
    };
    const output = new Response(child.stdout).text();
    const errors = new Response(child.stderr).text();
    await say("first");
    const { incidentId } = await untilWaits(home);
    await waitFor(
      "the end of the agent",
      () => home.rows("processes").at(-1)?.agent_pid === null || undefined,
    );
    // It stays where it is until the limit is over.
    await say("second");
    assertEquals((await home.zag(["usage", "resume", incidentId])).code, 0);
    await waitFor("the second answer", async () => {
      const log = await onlyLog(home);
      const answers = log.filter(({ content }) => content === "all of it");
      return answers.length === 2 || undefined;
    });
    await writer.close();
    assertEquals((await child.status).code, 0, await errors);
    const results = jsonLines(await output).filter(({ type }) => type === "result");
    assertEquals(results.map(({ success }) => success), [false, true, true]);
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
  }),
);

Deno.test(
  "exec -i stream-json whose zag is killed while it waits is gone on with up to the turn at hand",
  limited(async (home) => {
    const line = (content: string) => JSON.stringify({ type: "user_message", content }) + "\n";
    const env = script(limit(FAR), DONE);
    const child = home.spawn(["-p", "mock", "exec", "-i", "stream-json"], { stdin: "open", env });
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(line("first")));
    const { sessionId } = await untilWaits(home);
    child.kill("SIGKILL");
    await writer.close().catch(() => {});
    await Promise.all([child.stdout.cancel(), child.stderr.cancel(), child.status]);
    bringForward(home);
    assertEquals((await home.zag(["session", "list"], { env })).code, 0);
    assertEquals((await home.zag(["wait", sessionId])).code, 0);
    assertStringIncludes((await home.zag(["output", sessionId])).stdout, "all of it");
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
    await waitFor("its zag's end", async () => (await leftovers(home)).length === 0 || undefined);
  }),
);

Deno.test(
  "exec -i stream-json --no-auto-resume answers what comes after a limit at once",
  limited(async (home) => {
    const line = (content: string) => JSON.stringify({ type: "user_message", content }) + "\n";
    const ran = await home.zag(
      ["-p", "mock", "exec", "-i", "stream-json", "--no-auto-resume", "-o", "stream-json"],
      { stdin: line("first") + line("second"), env: script(OVER, DONE) },
    );
    assertEquals(ran.code, 0, ran.stderr);
    const results = jsonLines(ran.stdout).filter(({ type }) => type === "result");
    assertEquals(results.map(({ success }) => success), [false, true]);
    assertEquals(await told(home), ["usage_limit_hit"]);
  }),
);

Deno.test(
  "spawn --interactive goes on with the message that hit a limit, and answers it then",
  limited(async (home) => {
    const turn = (cost: number, text: string): Step[] => [
      { do: "usage", cost_usd: cost },
      { do: "say", text },
    ];
    const env = script(turn(0.5, "one"), OVER, turn(0.25, "all of two"), turn(0.25, "three"));
    const { stdout } = await home.zag(["-p", "mock", "spawn", "--interactive", "one"], { env });
    const id = stdout.trim();
    const second = await send(home, id, "two");
    assertEquals([second.answer?.result, second.answer?.total_cost_usd], ["all of two", 0.25]);
    assertEquals((await send(home, id, "three")).answer?.result, "three");
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
    assertEquals((await home.zag(["input", "--session", id, "--close"])).code, 0);
    assertEquals((await home.zag(["wait", id])).code, 0);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive whose wait is cancelled ends with the limit",
  limited(async (home) => {
    const env = script(DONE, limit(FAR), DONE);
    const { stdout } = await home.zag(["-p", "mock", "spawn", "--interactive", "one"], { env });
    const id = stdout.trim();
    const sent = send(home, id, "two").then(() => "an answer", (error) => String(error));
    await untilWaits(home);
    assertEquals((await home.zag(["status", id])).stdout, "idle\n");
    assertEquals((await home.zag(["usage", "cancel", id])).code, 0);
    assertEquals((await home.zag(["wait", id])).code, 1);
    const [session] = home.rows("sessions");
    assertEquals([session?.outcome, session?.error], ["failure", "Usage limit reached (weekly)"]);
    assertStringIncludes(await sent, "ended before it answered: Usage limit reached (weekly)");
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "spawn --interactive with an agent that is started for each message goes on with the one at hand",
  withOllama(refusing(1), async (ollama) => {
    const { home, zag } = ollama;
    await knowsRefusal(ollama);
    const id = (await zag(["spawn", "-I", "one"])).stdout.trim();
    assertEquals((await send(home, id, "two")).answer?.result, "to once more");
    assertEquals((await send(home, id, "three")).answer?.result, "to three");
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
    assertEquals((await home.zag(["input", "--session", id, "--close"])).code, 0);
    assertEquals((await home.zag(["wait", id])).code, 0);
    await nothingLeft(home, id);
  }),
);

Deno.test(
  "a session goes on at once when its time is brought forward, once however often it is asked",
  limited(async (home) => {
    const running = home.zag(["-p", "mock", "exec", "do it"], { env: script(limit(FAR), DONE) });
    const { incidentId } = await untilWaits(home);
    bringForward(home);
    const asked = await Promise.all([1, 2, 3].map(() => home.zag(["usage", "resume", incidentId])));
    const { code, stdout } = await running;
    assertEquals([code, stdout.includes("all of it")], [0, true]);
    // It may have gone on by itself before anybody asked.
    for (const { code, stderr } of asked) {
      if (code !== 0) assertStringIncludes(stderr, `Cannot find the wait "${incidentId}"`);
    }
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
  }),
);

Deno.test(
  "usage resume lets a session go on at once, once however often it is asked",
  limited(async (home) => {
    const running = home.zag(["-p", "mock", "exec", "do it"], { env: script(limit(FAR), DONE) });
    const { incidentId } = await untilWaits(home);
    const asked = await Promise.all([1, 2, 3].map(() => home.zag(["usage", "resume", incidentId])));
    const { code, stdout } = await running;
    assertEquals([code, stdout.includes("all of it")], [0, true]);
    assert(asked.some((each) => each.code === 0));
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_resumed"]);
  }),
);

Deno.test(
  "usage run has a session looked after whose zag was killed, and usage cancel ends one that has none",
  limited(async (home) => {
    const child = home.spawn(["-p", "mock", "exec", "do it"], { env: script(limit(FAR), DONE) });
    const { incidentId, sessionId } = await untilWaits(home);
    Deno.kill(ownerOf(home), "SIGKILL");
    await child.output();
    const list = async () => JSON.parse((await home.zag(["usage", "list", "--json"])).stdout);
    // To look changes nothing.
    assertEquals((await list())[0].owner_pid, null);
    assertEquals((await list())[0].owner_pid, null);
    const run = await home.zag(["usage", "run"]);
    assertEquals([run.code, run.stdout], [0, `Looks after ${incidentId}: session ${sessionId}\n`]);
    const { owner_pid } = (await list())[0];
    assertEquals(owner_pid, ownerOf(home));
    assertEquals((await home.zag(["usage", "run", "--json"])).stdout, "[]\n");
    Deno.kill(owner_pid, "SIGKILL");
    await waitFor("its death", async () => (await list())[0].owner_pid === null || undefined);
    assertEquals((await home.zag(["usage", "cancel", incidentId])).code, 0);
    // As where its zag lives.
    const ends = home.rows("sessions").map(({ outcome, end_reason }) => [outcome, end_reason]);
    assertEquals(ends, [["failure", "usage_limit"]]);
    assertEquals(await told(home), ["usage_limit_hit", "usage_limit_cancelled"]);
  }),
);
