import { BroadcastView } from "../../src/cli/broadcast_view.ts";
import type { SessionRecord } from "../../src/sessions/records.ts";
import { fakeContext } from "../fakes/context.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";

const SESSIONS = ["one", "two", "three"].map((sessionId) =>
  ({ sessionId, name: null }) as SessionRecord
);

Deno.test("BroadcastView shows at a terminal how far it is, and takes the line away", async () => {
  let time = Date.parse("2026-01-01T00:00:00Z");
  const ctx = fakeContext({ stderrTty: true, now: () => new Date(time) });
  {
    using view = new BroadcastView(ctx, { output: undefined, quiet: false }, SESSIONS);
    await view.add({ session: SESSIONS[0]!, error: undefined, arrived: true });
    await view.add({ session: SESSIONS[1]!, error: "no luck", arrived: false });
    time += 2000;
    await waitFor("the line", () => ctx.err.includes("Sending") || undefined);
  }
  assert(ctx.err.includes("Sending to 3 sessions: 1 sent, 1 failed, 1 open (2s)"), ctx.err);
  assert(ctx.err.endsWith("\r\x1b[K"));
});

Deno.test("BroadcastView lists what was not sent when it was interrupted", async () => {
  const ctx = fakeContext();
  using view = new BroadcastView(ctx, { output: "json", quiet: true }, SESSIONS);
  await view.add({ session: SESSIONS[2]!, error: undefined, arrived: true });
  await view.add({ session: SESSIONS[0]!, error: "no luck", arrived: false });
  await view.end();
  assertEquals(JSON.parse(ctx.out), {
    results: [
      { session_id: "one", status: "failed", error: "no luck" },
      { session_id: "two", status: "failed", error: "interrupted before it was sent" },
      { session_id: "three", status: "sent" },
    ],
    summary: { sent: 1, failed: 2, total: 3 },
  });
  assertEquals(view.failed, 1);
});
