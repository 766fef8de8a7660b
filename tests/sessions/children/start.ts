/** Says that this process is up, and waits for its stdin to end. */
export async function waitForStart(): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode("ready\n"));
  for await (const _ of Deno.stdin.readable);
}
