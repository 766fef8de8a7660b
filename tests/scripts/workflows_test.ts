/** The workflows of GitHub can be read, and fit what they call. */
import { parse } from "@std/yaml/parse";
import { TARGETS } from "../../scripts/compile.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url);
const FOLDER = new URL(".github/workflows/", ROOT);

interface Step {
  uses?: string;
  run?: string;
  if?: string;
  with?: Record<string, string>;
}

interface Job {
  needs?: string;
  permissions?: Record<string, string>;
  "runs-on": string;
  "timeout-minutes"?: number;
  strategy?: { matrix: { include?: { target: string; os: string }[]; os?: string[] } };
  steps: Step[];
}

interface Workflow {
  name: string;
  on: unknown;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

async function workflow(name: string): Promise<Workflow> {
  return parse(await Deno.readTextFile(new URL(name, FOLDER))) as Workflow;
}

const NAMES = (await Array.fromAsync(Deno.readDir(FOLDER))).map(({ name }) => name).sort();
const ALL = await Promise.all(NAMES.map(async (file) => ({ file, ...await workflow(file) })));

/** Steps of all workflows, each with the place where it stands. */
function steps(): { where: string; step: Step }[] {
  return ALL.flatMap(({ file, jobs }) =>
    Object.entries(jobs).flatMap(([job, { steps }]) =>
      steps.map((step, index) => ({ where: `${file} ${job} ${index}`, step }))
    )
  );
}

Deno.test("workflows: there is one for changes and one for releases", () => {
  assertEquals(NAMES, ["ci.yml", "release.yml"]);
  for (const { file, on, jobs } of ALL) {
    assert(on !== undefined, file);
    for (const [id, job] of Object.entries(jobs)) {
      assert(job["timeout-minutes"]! <= 60, `${file} ${id} ends some time`);
      if (job.needs !== undefined) assert(Object.hasOwn(jobs, job.needs), `${file} ${id}`);
    }
  }
});

Deno.test("workflows: every action has one exact version", () => {
  const uses = steps().filter(({ step }) => step.uses !== undefined);
  assert(uses.length > 10);
  for (const { where, step } of uses) {
    assertMatch(step.uses!, /^[\w-]+\/[\w-]+@v\d+\.\d+\.\d+$/, where);
  }
  const versions = new Map<string, Set<string>>();
  for (const { step } of uses) {
    const [action, version] = step.uses!.split("@");
    versions.set(action!, (versions.get(action!) ?? new Set()).add(version!));
  }
  for (const [action, found] of versions) assertEquals(found.size, 1, action);
});

Deno.test("workflows: Deno is that of .ci/run", async () => {
  const ci = await Deno.readTextFile(new URL(".ci/run", ROOT));
  const version = /deno@(\d+\.\d+\.\d+)/.exec(ci)?.[1];
  const found = steps().map(({ step }) => step.with?.["deno-version"]).filter((it) => it);
  assert(found.length > 3);
  assertEquals(new Set(found), new Set([`v${version}`]));
});

Deno.test("workflows: every script that is called is there", async () => {
  const called = steps().flatMap(({ step }) =>
    step.run?.match(/(scripts\/\w+\.\w+|\.ci\/run)/g) ?? []
  );
  assert(called.includes(".ci/run") && called.includes("scripts/release.ts"));
  for (const path of new Set(called)) assert((await Deno.stat(new URL(path, ROOT))).isFile, path);
});

Deno.test("workflows: a release compiles every target on its own system", async () => {
  const { jobs } = await workflow("release.yml");
  const made = jobs.compile!.strategy!.matrix.include!;
  assertEquals(made.map(({ target }) => target).sort(), [...TARGETS].sort());
  for (const { target, os } of made) {
    const [system, isArm] = [os.split("-")[0]!, target.startsWith("aarch64")];
    assert(target.includes({ ubuntu: "linux", macos: "darwin", windows: "windows" }[system]!), os);
    if (system === "ubuntu") assertEquals(os.endsWith("-arm"), isArm, os);
    if (system === "macos") assertEquals(os.endsWith("-intel"), !isArm, os);
  }
});

Deno.test("workflows: only a tag publishes, and only the jobs that publish may", async () => {
  const { permissions, jobs } = await workflow("release.yml");
  assertEquals(permissions, { contents: "read" });
  for (const { permissions } of ALL) assertEquals(permissions, { contents: "read" });
  assertEquals(jobs.release!.permissions, {
    contents: "write",
    "id-token": "write",
    attestations: "write",
  });
  assertEquals(jobs.jsr!.permissions, { contents: "read", "id-token": "write" });
  const publishing = steps().filter(({ step }) =>
    /gh release|deno publish(?! --dry-run)/.test(step.run ?? "") || step.uses?.includes("attest")
  );
  assertEquals(publishing.length, 3);
  for (const { where, step } of publishing) {
    assertEquals(step.if, "github.ref_type == 'tag'", where);
  }
});

Deno.test("workflows: nothing that somebody else writes becomes a part of a shell script", () => {
  for (const { where, step } of steps()) {
    const inserted = step.run?.match(/\$\{\{[^}]*\}\}/g) ?? [];
    for (const text of inserted) assertMatch(text, /^\$\{\{ matrix\.\w+ \}\}$/, where);
  }
});
