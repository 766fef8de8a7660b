import { run } from "./src/cli/app.ts";

if (import.meta.main) Deno.exit(await run(Deno.args));
