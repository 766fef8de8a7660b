import { inHome, script } from "../e2e/support.ts";
import { fromFileUrl } from "../support/paths.ts";
import { assert, assertEquals } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import type { Step } from "../../src/providers/mock/script.ts";

const PROGRAM = fromFileUrl(new URL("./children/limits.ts", import.meta.url));

/** Runs a program that asks an agent with these turns once, and tells what it got. */
async function ask(
  home: TestHome,
  options: Record<string, unknown>,
  ...turns: Step[][]
): Promise<{ result: string; is_error: boolean; types: string[]; waits: number }> {
  const path = `${home.path}/result.json`;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", PROGRAM, path, JSON.stringify(options)],
    cwd: home.work,
    env: home.env({ PATH: "/usr/bin:/bin", ...script(...turns) }),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  return JSON.parse(await Deno.readTextFile(path));
}

const LIMIT: Step[] = [{ do: "say", text: "half" }, {
  do: "limit",
  scope: "weekly",
  reset_at: "2020-01-01T00:00:00Z",
}];

Deno.test(
  "autoResume() goes on with the same session when the limit is over, as often as it takes",
  inHome(async (home) => {
    const options = { systemPrompt: "brief", maxTurns: 9 };
    const output = await ask(home, options, LIMIT, LIMIT, [{ do: "prompt" }]);
    const told = JSON.parse(output.result);
    assertEquals([told.prompt, told.resumed, told.turn], ["Continue", true, 2]);
    // What the session was started with holds for all of it.
    assertEquals([told.system_prompt, told.max_turns], ["brief", 9]);
    assertEquals([output.is_error, output.waits], [false, 2]);
    assertEquals(output.types.filter((type) => type === "usage_limit_detected").length, 2);
    const [session] = home.rows("sessions");
    assertEquals([session?.outcome, session?.error], ["success", null]);
    assertEquals(home.rows("processes").map(({ status }) => status), ["exited"]);
    assertEquals(home.rows("resumes"), []);
    const [log = []] = await home.logs();
    const hits = log.filter(({ type }) => type === "usage_limit_hit");
    const resumed = log.filter(({ type }) => type === "usage_limit_resumed");
    assertEquals(resumed.map(({ attempt }) => attempt), [1, 2]);
    assertEquals(
      resumed.map(({ incident_id }) => incident_id),
      hits.map(({ incident_id }) => incident_id),
    );
    assert(hits.every(({ scheduled_resume_at }) => scheduled_resume_at !== undefined));
    assertEquals(log.filter(({ type }) => type === "session_ended").length, 1);
  }),
);

Deno.test(
  "a limit ends the session without autoResume()",
  inHome(async (home) => {
    const output = await ask(home, { autoResume: false }, LIMIT, [{ do: "prompt" }]);
    assertEquals([output.is_error, output.waits], [true, 0]);
    const [hit] = (await home.logs()).flat().filter(({ type }) => type === "usage_limit_hit");
    assertEquals(hit?.scheduled_resume_at, undefined);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["failure"]);
  }),
);

Deno.test(
  "autoResume() lets a streaming session go on with the turn that hit a limit",
  inHome(async (home) => {
    const path = `${home.path}/result.json`;
    const program = fromFileUrl(new URL("./children/limit_stream.ts", import.meta.url));
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", program, path],
      cwd: home.work,
      env: home.env({ PATH: "/usr/bin:/bin", ...script(LIMIT) }),
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const results = JSON.parse(await Deno.readTextFile(path));
    assertEquals(results, ["failed", "Continue", "second"]);
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
    assertEquals(home.rows("resumes"), []);
  }),
);
