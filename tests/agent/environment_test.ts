import { agentEnvironment, type EnvironmentParts } from "../../src/agent/environment.ts";
import { assertEquals } from "../support/assert.ts";

const PARTS: EnvironmentParts = {
  inherited: {},
  provider: {},
  user: {},
  sessionId: "s",
  sessionName: undefined,
  processId: "p",
  providerName: "mock",
  model: "m",
  root: "/work",
  shimDir: undefined,
};

const IDENTITY = {
  ZAG_SESSION_ID: "s",
  ZAG_PROCESS_ID: "p",
  ZAG_PROVIDER: "mock",
  ZAG_MODEL: "m",
  ZAG_ROOT: "/work",
};

Deno.test("agentEnvironment() says who the session is", () => {
  assertEquals(agentEnvironment(PARTS), IDENTITY);
  assertEquals(agentEnvironment({ ...PARTS, sessionName: "n" }), {
    ...IDENTITY,
    ZAG_SESSION_NAME: "n",
  });
});

Deno.test("agentEnvironment() layers inherited, provider's and user's variables", () => {
  const env = agentEnvironment({
    ...PARTS,
    inherited: { A: "1", B: "1", C: "1", D: "1" },
    provider: { B: "2", C: "2", D: undefined, E: undefined },
    user: { C: "3", EMPTY: "" },
  });
  assertEquals(env, { A: "1", B: "2", C: "3", EMPTY: "", ...IDENTITY });
});

Deno.test("agentEnvironment() does not pass on who a surrounding session was", () => {
  const inherited = Object.fromEntries(
    [...Object.keys(IDENTITY), "ZAG_SESSION_NAME"].map((name) => [name, "outer"]),
  );
  assertEquals(agentEnvironment({ ...PARTS, inherited }), IDENTITY);
});

Deno.test("agentEnvironment() lets the user override anything but session and process", () => {
  const user = Object.fromEntries(Object.keys(IDENTITY).map((name) => [name, "mine"]));
  assertEquals(agentEnvironment({ ...PARTS, user: { ...user, ZAG_SESSION_NAME: "mine" } }), {
    ...user,
    ZAG_SESSION_NAME: "mine",
    ZAG_SESSION_ID: "s",
    ZAG_PROCESS_ID: "p",
  });
});

Deno.test({
  name: "agentEnvironment() puts the shim first on whatever PATH the agent has",
  ignore: Deno.build.os === "windows",
  fn: () => {
    const path = (parts: Partial<EnvironmentParts>) =>
      agentEnvironment({ ...PARTS, shimDir: "/shim", ...parts });
    assertEquals(path({ inherited: { PATH: "/a:/b" } }).PATH, "/shim:/a:/b");
    assertEquals(path({ inherited: { PATH: "/a" }, user: { PATH: "/mine" } }).PATH, "/shim:/mine");
    assertEquals(path({}).PATH, "/shim");
    assertEquals(path({ inherited: { PATH: "" } }).PATH, "/shim");
    assertEquals(path({ inherited: { Path: "/a" } }).Path, "/shim:/a");
    assertEquals(agentEnvironment({ ...PARTS, inherited: { PATH: "/a" } }).PATH, "/a");
  },
});

Deno.test("agentEnvironment() keeps what the provider has joined with the user's value", () => {
  const env = agentEnvironment({ ...PARTS, user: { A: "mine" }, joined: { A: "mine,own" } });
  assertEquals(env, { A: "mine,own", ...IDENTITY });
});
