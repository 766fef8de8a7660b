import type { LimitWait } from "../../src/agent/launch_request.ts";
import { limitAdvice, LimitView, waitText } from "../../src/cli/limit_view.ts";
import { localTime } from "../../src/events/render/local_time.ts";
import { assertEquals } from "../support/assert.ts";
import { fakeContext, type FakeContextOptions } from "../fakes/context.ts";

const NOW = new Date(2026, 2, 4, 12, 0, 0);

function wait(seconds: number, more: Partial<LimitWait> = {}): LimitWait {
  return {
    incidentId: "1bb77dd8-7c51-45fd-82c5-fa13230bc6c6",
    sessionId: "s",
    scope: "weekly",
    agentName: "Claude",
    wakeAt: new Date(NOW.getTime() + seconds * 1000),
    ...more,
  };
}

Deno.test("waitText() says who waits, for what, until when, and how to stop it", () => {
  const end = "; zag usage cancel 1bb77dd8 stops waiting";
  const cases: [number, string][] = [
    [83 * 60, "goes on at 13:23 (in 1h23m)"],
    [83 * 60 - 20, "goes on at 13:22 (in 1h23m)"],
    [62, "goes on at 12:01 (in 1m2s)"],
    [0.4, "goes on at 12:00 (in 1s)"],
    [-5, "goes on at 11:59 (in 1s)"],
    [86_400, `goes on at ${localTime(wait(86_400).wakeAt.toISOString())} (in 1d)`],
  ];
  for (const [seconds, text] of cases) {
    assertEquals(waitText(wait(seconds), NOW), `⏳ Claude: usage limit (weekly), ${text}${end}`);
  }
  assertEquals(
    waitText(wait(62, { scope: "unknown" }), NOW),
    `⏳ Claude: usage limit, goes on at 12:01 (in 1m2s)${end}`,
  );
});

function view(options: FakeContextOptions, quiet = false) {
  const ctx = fakeContext({ now: NOW, ...options });
  return { ctx, view: new LimitView(ctx, quiet) };
}

Deno.test("LimitView prints one line off a terminal, and another when the time changes", () => {
  const { ctx, view: shown } = view({});
  shown.waiting(wait(60));
  shown.waiting(wait(60));
  assertEquals(ctx.err, `${waitText(wait(60), NOW)}\n`);
  shown.waiting(wait(120));
  // Somebody has it go on now, who has been told so.
  shown.waiting(wait(0));
  shown.waited();
  assertEquals(ctx.err, [60, 120].map((each) => `${waitText(wait(each), NOW)}\n`).join(""));
});

Deno.test("LimitView writes over its line at a terminal, and takes it away", () => {
  const { ctx, view: shown } = view({ stderrTty: true, columns: 200 });
  shown.waiting(wait(60));
  assertEquals(ctx.err, `\r${waitText(wait(60), NOW)}\x1b[K`);
  shown.waited();
  assertEquals(ctx.err.endsWith("\x1b[K\r\x1b[K"), true);
});

Deno.test("LimitView leaves room for the command in a narrow terminal", () => {
  const { ctx, view: shown } = view({ stderrTty: true, columns: 80 });
  shown.waiting(wait(60));
  shown.waited();
  const line = "⏳ Usage limit (weekly), goes on in 1m; zag usage cancel 1bb77dd8";
  assertEquals(ctx.err, `\r${line}\x1b[K\r\x1b[K`);
});

Deno.test("LimitView says nothing when it is to be quiet", async () => {
  for (const stderrTty of [true, false]) {
    const { ctx, view: shown } = view({ stderrTty }, true);
    shown.waiting(wait(60));
    shown.waited();
    await shown.end({ sessionId: "s", resumable: true });
    assertEquals(ctx.err, "");
  }
});

Deno.test("LimitView says how to go on by hand only where nobody has gone on", async () => {
  const { ctx, view: shown } = view({ stderrTty: true });
  await shown.end({ sessionId: "s", resumable: true });
  shown.waiting(wait(60));
  shown.waited();
  shown.started();
  await shown.end({ sessionId: "s", resumable: true });
  assertEquals(ctx.err.includes("does not wait"), false);
  shown.waiting(wait(60));
  shown.waited();
  await shown.end({ sessionId: "s", resumable: true });
  const said = '> Session s does not wait any more; to go on with it: zag exec --resume s "..."\n';
  assertEquals(ctx.err.endsWith(said), true, ctx.err);
});

Deno.test("limitAdvice() says when a limit ends, how often it was waited for, and how to go on", () => {
  const session = { sessionId: "s", resumable: true };
  const line = {
    type: "usage_limit_hit",
    scope: "weekly",
    fallback_used: false,
    incident_id: "1bb77dd8",
    reset_at: wait(83 * 60).wakeAt.toISOString(),
  } as const;
  const { reset_at: _, ...untold } = line;
  const how = '. To go on then: zag exec --resume s "..."';
  assertEquals(
    [
      limitAdvice({ ...session, limited: { line, met: 0 } }, NOW),
      limitAdvice({ ...session, limited: { line, met: 1 } }, NOW),
      limitAdvice({ ...session, limited: { line: untold, met: 12 } }, NOW),
      limitAdvice({ ...session, resumable: false, limited: { line, met: 0 } }, NOW),
      limitAdvice({ ...session, limited: undefined }, NOW),
    ],
    [
      `The limit ends at 13:23${how}`,
      `The limit ends at 13:23; zag has waited once, and gave up${how}`,
      `The provider did not say when the limit ends; zag has waited 12 times, and gave up${how}`,
      "The limit ends at 13:23",
      undefined,
    ],
  );
});
