import { onSignals, signalName, signalNumber } from "../../src/processes/signals.ts";
import { assertEquals } from "../support/assert.ts";
import { eventually, withProgram } from "./support.ts";

Deno.test("onSignals() tells which signal came, until it is disposed", async () => {
  await withProgram("signals.ts", {}, async ({ child, output, outputEnd }) => {
    let expected = "ready\n";
    for (const signal of ["SIGINT", "SIGTERM", "SIGINT", "SIGHUP"] as const) {
      child.kill(signal);
      expected += `${signal}\n`;
      await eventually(() => output() === expected);
    }
    child.kill("SIGTERM");
    assertEquals(await child.exit, { code: 143, signal: "SIGTERM" });
    await outputEnd;
    assertEquals(output(), expected);
  });
});

Deno.test("onSignals() listens to the given signals alone", async () => {
  const heard: string[] = [];
  using _listening = onSignals((signal) => heard.push(signal), ["SIGUSR2"]);
  Deno.kill(Deno.pid, "SIGUSR2");
  await eventually(() => heard.length > 0);
  assertEquals(heard, ["SIGUSR2"]);
});

Deno.test("signalNumber() knows the numbers of the system", async () => {
  const names = [
    "HUP",
    "INT",
    "QUIT",
    "KILL",
    "TERM",
    "USR1",
    "USR2",
    "CHLD",
    "CONT",
    "STOP",
    "TSTP",
  ];
  for (const name of names) {
    const number = String(signalNumber(`SIG${name}`));
    const { stdout } = await new Deno.Command("/bin/kill", { args: ["-l", number] }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), name, number);
  }
  assertEquals(signalNumber("SIGUSR1", "darwin"), 30);
  assertEquals(signalNumber("SIG40"), 40);
  assertEquals(signalNumber("nonsense"), 0);
});

Deno.test("signalName() is the name for a number", () => {
  assertEquals(signalName(15), "SIGTERM");
  assertEquals([signalName(10, "linux"), signalName(30, "darwin")], ["SIGUSR1", "SIGUSR1"]);
  assertEquals([signalName(30, "linux"), signalName(10, "darwin")], ["SIGPWR", "SIGBUS"]);
  assertEquals(signalName(40), "SIG40");
});
