import { isOutage } from "../../src/agent/outage.ts";
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
];

Deno.test("isOutage() knows a provider that does not answer from work that has failed", () => {
  assertEquals(OUTAGES.filter((text) => !isOutage(text)), []);
  assertEquals(FAILURES.filter(isOutage), []);
});
