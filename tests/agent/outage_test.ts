import { OutageSeen } from "../../src/agent/interrupt.ts";
import { isOutage, lastWords, OutageWatch } from "../../src/agent/outage.ts";
import { assertEquals } from "../support/assert.ts";

const OUTAGES = [
  'API Error: 529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
  "API Error: 500 Internal server error",
  "unexpected status 503 Service Unavailable: upstream",
  "exceeded retry limit, last status: 500 Internal Server Error",
  "stream disconnected before completion: error sending request for url",
  '{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}',
  "Model call failed with status 502",
  "connect ECONNREFUSED 127.0.0.1:1",
  "fetch failed",
  "Request timed out: connection error",
  "API Error: Unable to connect to API (ConnectionRefused)",
  "We’re currently experiencing high demand, which may cause temporary errors.",
  "Could not connect to local model provider at http://127.0.0.1:9/v1.",
  "Failed to get response from the AI model; retried 5 times Last error: 500 stub error 500",
  "[API Error: exception TypeError: fetch failed sending request]",
  "Reconnecting... waiting for network (Connection failed: error sending request)",
];

const FAILURES = [
  "",
  "no such file: 503.txt",
  "The tests failed: 512 of 600",
  "API Error: 401 invalid x-api-key",
  "unexpected status 404 Not Found",
  "max turns reached",
  "the connection pool has 5 entries",
  "Cannot find module './service'",
  "could not connect to the database of the tests",
];

Deno.test("isOutage() knows a provider that does not answer from work that has failed", () => {
  assertEquals(OUTAGES.filter((text) => !isOutage(text)), []);
  assertEquals(FAILURES.filter(isOutage), []);
});

Deno.test("OutageWatch ends an agent that waits without an end, and none that counts its tries", () => {
  const heard = (...messages: (string | undefined)[]) => {
    const watch = new OutageWatch();
    for (const message of messages) watch.heard(message);
    return watch.signal.reason;
  };
  const waits = "Reconnecting... waiting for network (Connection failed: error sending request)";
  const reason = heard(waits, waits);
  assertEquals([reason instanceof OutageSeen, reason?.said], [true, waits]);
  assertEquals(heard(waits, undefined, waits), undefined);
  assertEquals(heard(waits, "Initialized", waits), undefined);
  const tries = [1, 2, 3].map((at) => `Reconnecting... ${at}/3 (stream disconnected)`);
  assertEquals(heard(...tries), undefined);
  assertEquals(heard("Turn 1 complete", "Turn 1 complete"), undefined);
});

Deno.test("lastWords() are what an agent reports, or the last line of one that came to no end", () => {
  const stderr = "connect ECONNREFUSED 127.0.0.1:5432\nError: unknown model foo\n";
  const words = (errorMessage: string | undefined, results: number) =>
    lastWords({ errorMessage, results }, stderr);
  assertEquals(words("overloaded", 1), "overloaded");
  assertEquals(words(undefined, 0), "Error: unknown model foo");
  assertEquals(words(undefined, 1), "");
  assertEquals(lastWords({ errorMessage: undefined, results: 0 }, ""), "");
});
