/** What another zag keeps of a session whose own was killed while it waited for the end of a usage limit. */
import type { Notification } from "../../src/notify/notification.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { AGENT, asleep, HOUR, look, toldOnce } from "./limit_crash_support.ts";
import { bringForward, change, limit, loseIndex, ownerOf, waiting } from "./limit_support.ts";
import { alive, ended, kill9, rowOf } from "./spawn_support.ts";
import { inHome, jsonLines, onlyLog, script, waitFor } from "./support.ts";

Deno.test(
  "--timeout does not begin anew for a session whose zag was killed while it waited",
  inHome(async (home) => {
    const agent = script([{ do: "sleep", ms: 200 }, ...limit(HOUR)], [{ do: "hang" }]);
    const id = await asleep(home, ["--timeout", "1h"], agent);
    const [{ spentMs } = { spentMs: 0 }] = waiting(home);
    assert(spentMs >= 200 && spentMs < HOUR * 1000, `${spentMs} ms are spent`);
    // The log tells it, too.
    await loseIndex(home);
    await look(home, { env: agent });
    assertEquals(waiting(home).map((row) => row.spentMs), [spentMs]);
    await kill9(ownerOf(home));
    change(home, `UPDATE resumes SET spent_ms = ${HOUR * 1000 - 10}`);
    bringForward(home);
    await look(home, { env: agent });
    await ended(home, id);
    const { outcome, error } = rowOf(home, id);
    assertEquals(outcome, "timeout");
    assertStringIncludes(String(error), "did not finish within 1h");
  }),
);

Deno.test(
  "the time that a session has used is added up when it waits once more after the crash",
  inHome(async (home) => {
    const agent = script(limit(HOUR), limit(HOUR));
    await asleep(home, ["--timeout", "1h"], agent);
    const [first] = waiting(home);
    const before = HOUR * 500;
    change(home, `UPDATE resumes SET spent_ms = ${before}`);
    bringForward(home);
    await look(home, { env: agent });
    const again = await waitFor(
      "the second wait",
      () => waiting(home).find(({ incidentId }) => incidentId !== first?.incidentId),
    );
    assert(again.spentMs >= before && again.spentMs < HOUR * 1000, `${again.spentMs} ms`);
    const ending = await home.zag(["cancel", again.sessionId]);
    assertEquals(ending.code, 0, ending.stderr);
  }),
);

/**
 * All text in the files of zag's home but those of who is to be told, and what is private to a run. The
 * zag that looks after the session may take some of them away meanwhile.
 */
function* texts(directory: string): Generator<string> {
  for (const { name, isDirectory } of unlessGone(() => [...Deno.readDirSync(directory)]) ?? []) {
    const path = `${directory}/${name}`;
    if (isDirectory) {
      if (name !== "notices") yield* texts(path);
      continue;
    }
    const bytes = unlessGone(() => Deno.readFileSync(path));
    if (bytes) yield new TextDecoder().decode(bytes);
  }
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}

Deno.test(
  "--notify holds after the crash: each thing is told once, and the address lies in one private file",
  inHome(async (home) => {
    const posts: { path: string; auth: string | null; told: Notification }[] = [];
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    await using server = Deno.serve(options, async (request) => {
      const { pathname } = new URL(request.url);
      const auth = request.headers.get("authorization");
      posts.push({ path: pathname, auth, told: await request.json() });
      return new Response();
    });
    const address = `http://me:hush-4711@127.0.0.1:${server.addr.port}/hidden-0815`;
    const events = () => posts.map(({ told }) => told.event);
    const id = await asleep(home, ["--notify", address], AGENT, async () => {
      // A zag that dies between the answer and this line cannot know that it was heard.
      const isNoted = async () =>
        (await onlyLog(home)).some(({ type }) => type === "notification") || undefined;
      await waitFor("the limit to be told, and noted", isNoted);
    });
    await look(home);
    assert(alive(ownerOf(home)), "another zag looks after it");
    const notices = `${home.path}/.zag/notices`;
    const files = [...Deno.readDirSync(notices)].filter(({ name }) => name.endsWith(".json"));
    assertEquals(files.length, 1);
    assertEquals(Deno.statSync(`${notices}/${files[0]!.name}`).mode! & 0o777, 0o600);
    for (const text of texts(`${home.path}/.zag`)) {
      for (const secret of ["hush-4711", "hidden-0815"]) assert(!text.includes(secret), secret);
    }
    await kill9(ownerOf(home));
    bringForward(home);
    await look(home);
    await toldOnce(home, id);
    await waitFor("the end to be told", () => events().includes("end") || undefined);
    await waitFor("its zag to be gone", () => alive(ownerOf(home)) ? undefined : true);
    assertEquals(events(), ["limit", "end"]);
    const basic = `Basic ${btoa("me:hush-4711")}`;
    assertEquals(posts.map(({ path, auth }) => [path, auth]), [
      ["/hidden-0815", basic],
      ["/hidden-0815", basic],
    ]);
    assertEquals([...Deno.readDirSync(notices)].filter(({ name }) => name !== "lock"), []);
  }),
);

Deno.test(
  "a limit that was not told because its zag was killed is told by the next one, at once",
  inHome(async (home) => {
    // Whoever tells it first is killed by that.
    const tell = await home.program(
      "tell",
      '#!/bin/sh\nif mkdir "$HOME/first" 2>/dev/null; then kill -9 $PPID; exit 1; fi\n' +
        'cat >> "$HOME/told"\n',
    );
    const id = await asleep(home, ["--notify", tell], AGENT, async () => {
      const first = () => Deno.stat(`${home.path}/first`).catch(() => undefined);
      await waitFor("the first one to be started", first);
    });
    await look(home);
    const told = await waitFor("the limit to be told", async () => {
      const text = await Deno.readTextFile(`${home.path}/told`).catch(() => "");
      return text.endsWith("\n") ? jsonLines(text) : undefined;
    });
    assertEquals(told.map(({ event, session_id }) => [event, session_id]), [["limit", id]]);
    assertEquals(waiting(home).length, 1);
    const ending = await home.zag(["cancel", id]);
    assertEquals(ending.code, 0, ending.stderr);
  }),
);

/** A session with a variable of its own, whose zag is killed while it waits, and then what comes of it. */
async function withVariables(
  home: TestHome,
  env: Record<string, string>,
  { isKept = true } = {},
): Promise<string> {
  const agent = script(limit(HOUR), [{ do: "env", name: "SHOP_TOKEN" }]);
  const flags = ["--env", "SHOP_TOKEN=first-4711", "--env", "SHOP_URL=http://shop"];
  const id = await asleep(home, flags, agent);
  if (!isKept) await Deno.remove(`${home.path}/.zag/temp`, { recursive: true });
  bringForward(home);
  await look(home, { env: { ...agent, ...env } });
  await ended(home, id);
  return id;
}

/** What the agent has said that the variable holds. */
async function saidOf(home: TestHome, id: string): Promise<string> {
  assertEquals(rowOf(home, id).outcome, "success");
  return (await home.zag(["output", id])).stdout;
}

Deno.test(
  "a session is gone on with after the crash with the variables that it was given",
  inHome(async (home) => {
    const id = await withVariables(home, { SHOP_URL: "http://other" });
    const said = await saidOf(home, id);
    assert(said !== "" && !said.includes("(unset)"), said);
    const kept = () => texts(`${home.path}/.zag/temp`).some((text) => text.includes("first-4711"));
    await waitFor("its values to be gone", () => kept() ? undefined : true);
  }),
);

Deno.test(
  "a session is not gone on with after the crash without its variables, and says which are missing",
  inHome(async (home) => {
    const id = await withVariables(home, { SHOP_URL: "http://shop" }, { isKept: false });
    const { outcome, error } = rowOf(home, id);
    assertEquals(outcome, "failure");
    assertStringIncludes(String(error), "SHOP_TOKEN is not set");
    assert(!String(error).includes("SHOP_URL"), String(error));
    const log = await onlyLog(home);
    const [failed] = log.filter(({ type }) => type === "usage_limit_resume_failed");
    assertStringIncludes(String(failed?.error), "SHOP_TOKEN");
    assertEquals(log.some(({ type }) => type === "usage_limit_resumed"), false);
    assertEquals(waiting(home), []);
    for (const text of texts(`${home.path}/.zag`)) assert(!text.includes("first-4711"), text);
    await waitFor("its zag to be gone", () => alive(ownerOf(home)) ? undefined : true);
    const spawned = await Deno.readTextFile(`${home.path}/.zag/logs/spawn/${id}.log`);
    assertStringIncludes(spawned, `zag exec --resume ${id} --env SHOP_TOKEN=`);
  }),
);

Deno.test(
  "a session is gone on with after the crash with the variables of today where its own are gone",
  inHome(async (home) => {
    const today = { SHOP_URL: "http://shop", SHOP_TOKEN: "second-4711" };
    const said = await saidOf(home, await withVariables(home, today, { isKept: false }));
    assert(said !== "" && !said.includes("(unset)"), said);
  }),
);
