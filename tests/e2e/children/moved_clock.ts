/** zag with a calendar that somebody moves: by the milliseconds that stand in `$MOVED_CLOCK`. */
const RealDate = Date;
const path = Deno.env.get("MOVED_CLOCK")!;

function moved(): number {
  try {
    return RealDate.now() + Number(Deno.readTextFileSync(path));
  } catch {
    return RealDate.now();
  }
}

globalThis.Date = class extends RealDate {
  constructor(...args: unknown[]) {
    super(...(args.length === 0 ? [moved()] : args) as [number]);
  }

  static override now(): number {
    return moved();
  }
} as typeof Date;

const { run } = await import("../../../src/cli/app.ts");
Deno.exit(await run(Deno.args));
