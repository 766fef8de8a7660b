import { OptionUsageError } from "../../src/agent/errors.ts";
import { ZagError } from "../../src/errors.ts";
import { type SpawnRequest, spawnSession } from "../../src/orchestration/spawn_session.ts";
import type { SessionRecord } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { alive } from "../e2e/spawn_support.ts";
import { fakeContext } from "../fakes/context.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { record } from "../support/recorded.ts";
import { TestHome } from "../support/zag.ts";

const REQUEST: SpawnRequest = {
  options: { provider: "mock" },
  prompt: "hi",
  dependencies: [],
  injectContext: false,
  interactive: false,
};

/** Starts a session in the background; `recording` is called while its run is being recorded. */
async function spawn(
  home: TestHome,
  request: Partial<SpawnRequest>,
  program: string,
  recording: () => void = () => {},
) {
  const ctx = fakeContext({ cwd: home.work, env: home.env({ ZAG_BIN: program }) });
  const { env, cwd } = ctx;
  const now = () => {
    recording();
    return new Date();
  };
  await Deno.mkdir(`${home.path}/.zag`, { recursive: true, mode: 0o700 });
  using store = SessionStore.open(`${home.path}/.zag/zag.db`);
  return await spawnSession(store, { ...REQUEST, ...request }, { env, cwd, now });
}

function first(home: TestHome): SessionRecord {
  record(home, "s-1");
  using store = SessionStore.open(`${home.path}/.zag/zag.db`);
  return store.getSession("s-1")!;
}

const REFUSED: [what: string, request: (home: TestHome) => Partial<SpawnRequest>, why: string][] = [
  ["no prompt", () => ({ prompt: undefined }), "Missing prompt"],
  ["an empty prompt", () => ({ prompt: " \n" }), "empty prompt"],
  ["the results of nothing", () => ({ injectContext: true }), "without --depends-on"],
  [
    "messages before others have completed",
    (home) => ({ interactive: true, dependencies: [first(home)] }),
    "together with --interactive",
  ],
  [
    "messages and one JSON answer",
    () => ({ interactive: true, json: { schema: undefined } }),
    "Cannot demand JSON",
  ],
];

for (const [what, request, why] of REFUSED) {
  Deno.test(`spawnSession() refuses ${what}, and records nothing`, async () => {
    await using home = await TestHome.create();
    const given = request(home);
    const before = given.dependencies?.length ?? 0;
    await assertRejects(() => spawn(home, given, "/bin/false"), OptionUsageError, why);
    assertEquals(home.rows("sessions").length, before);
  });
}

for (const standsStill of [false, true]) {
  const how = standsStill ? ", also when it hears of that late" : ", with what that has said";
  Deno.test(`spawnSession() reports a zag that ends before it begins${how}`, async () => {
    await using home = await TestHome.create();
    const program = await home.program(
      "broken",
      `#!/bin/sh\necho "no such $1" >&2\necho $$ > '${home.path}/said'\nexit 3\n`,
    );
    const untilSaid = () => {
      let pid = 0;
      while (pid === 0) {
        sleep(1);
        if (isThere(`${home.path}/said`)) pid = Number(Deno.readTextFileSync(`${home.path}/said`));
      }
      while (alive(pid)) sleep(1);
      // Where nobody can look, it has nothing left to do but to end.
      if (Deno.build.os !== "linux") sleep(50);
    };
    // As soon as it waits for the end this program stands still for longer, and the end comes meanwhile.
    const standStill = async () => {
      for (let turn = 0; turn < 100; turn++) await undefined;
      untilSaid();
      sleep(50);
    };
    const recording = standsStill ? () => void standStill() : untilSaid;
    const error = await assertRejects(() => spawn(home, {}, program, recording), ZagError);
    assertEquals(
      error.message,
      "Cannot start a session in the background: the zag that was to go on ended with exit code 3, " +
        "before it began: no such background",
    );
    assertStringIncludes(error.hint!, "ZAG_BIN");
    const [row] = home.rows("sessions");
    assertEquals([row?.outcome, row?.error], ["failure", error.message]);
    assertEquals(home.rows("processes").map(({ status }) => status), ["exited"]);
    assertEquals([...Deno.readDirSync(`${home.path}/.zag/temp`)], []);
  });
}

Deno.test("spawnSession() says that it was stopped too long when its child has given up", async () => {
  await using home = await TestHome.create();
  const program = await home.program("patient", "#!/bin/sh\nexec sleep 706\n");
  const temp = `${home.path}/.zag/temp`;
  const givingUp = () => {
    for (const { name, isDirectory } of isThere(temp) ? Deno.readDirSync(temp) : []) {
      if (isDirectory) Deno.removeSync(`${temp}/${name}`, { recursive: true });
    }
  };
  const error = await assertRejects(() => spawn(home, {}, program, givingUp), ZagError);
  assertStringIncludes(error.message, "this program was stopped in the middle of it");
  assertEquals(error.hint, "Try again");
  assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["failure"]);
});

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
