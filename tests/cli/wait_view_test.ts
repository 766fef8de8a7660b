import { WaitView } from "../../src/cli/wait_view.ts";
import type { SessionRecord } from "../../src/sessions/records.ts";
import type { SessionState } from "../../src/sessions/session_status.ts";
import { fakeContext } from "../fakes/context.ts";
import { assertStringIncludes } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";

Deno.test("WaitView takes its line away before it says that the time is over", async () => {
  let time = 0;
  const ctx = fakeContext({ stderrTty: true, now: () => new Date(time += 600) });
  using view = new WaitView(ctx, { json: false, quiet: false }, 1);
  await waitFor("the line", () => ctx.err.includes("\rWaiting for 1 session: ") || undefined);
  const session = { sessionId: "one", name: null } as SessionRecord;
  await view.late([{ session, state: { status: "running" } as SessionState }], 1000);
  assertStringIncludes(
    ctx.err,
    's)\x1b[K\r\x1b[K\x1b[31merror:\x1b[0m Cannot wait for session "one": it had not ended after 1s',
  );
});
