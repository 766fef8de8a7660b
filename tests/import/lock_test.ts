import { zagPaths } from "../../src/config/paths.ts";
import { lockImports } from "../../src/import/lock.ts";
import { heir } from "../support/heir.ts";
import { TestHome } from "../support/zag.ts";

Deno.test({
  name: "lockImports() gives the lock back though a program that was started meanwhile has it open",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using home = await TestHome.create();
    const paths = zagPaths(new Map([["HOME", home.path]]));
    const wait = () => {
      throw new Error("There is nobody to wait for");
    };
    const lock = () => lockImports(paths, wait, undefined);
    const first = await lock();
    await using _heir = await heir(paths.importLock);
    first[Symbol.dispose]();
    using _second = await lock();
  },
});
