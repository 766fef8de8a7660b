import { InvalidModelError, OptionUsageError } from "../../src/agent/errors.ts";
import { chooseModel, type ModelRequest } from "../../src/agent/models.ts";
import type { Config } from "../../src/config/config.ts";
import type { ModelCatalogue, Provider } from "../../src/providers/provider.ts";
import { provider as claude } from "../../src/providers/claude/mod.ts";
import { provider as mock } from "../../src/providers/mock/mod.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";

/** A provider of which only the models matter. */
function withModels(name: string, models: ModelCatalogue): Provider {
  return { ...mock, name, models };
}

const open = withModels("open", {
  defaultName: "brain-2",
  sizes: { small: "brain-2-mini", medium: "brain-2", large: "brain-2-max" },
  names: ["brain-1", "Brain-Old"],
  open: true,
});

const family = withModels("ollama", {
  defaultName: "kin:9b",
  family: "kin",
  sizes: { small: "2b", medium: "9b", large: "35b" },
  names: ["kin:2b", "kin:9b"],
  open: true,
});

interface Told {
  flag: string | undefined;
  name: string;
  warnings: string[];
}

async function choose(
  provider: Provider,
  request: Partial<ModelRequest> & { config?: Config } = {},
): Promise<Told> {
  const warnings: string[] = [];
  const chosen = await chooseModel({
    provider,
    model: undefined,
    size: undefined,
    config: {},
    standsIn: false,
    stored: undefined,
    warn: (message) => void warnings.push(message),
    ...request,
  });
  return { ...chosen, warnings };
}

const rows: [Provider, string | undefined, string | undefined, string][] = [
  [claude, undefined, undefined, "default"],
  [claude, "small", "haiku", "haiku"],
  [claude, "s", "haiku", "haiku"],
  [claude, "SMALL", "haiku", "haiku"],
  [claude, "medium", "sonnet", "sonnet"],
  [claude, "M", "sonnet", "sonnet"],
  [claude, "large", undefined, "default"],
  [claude, "l", undefined, "default"],
  [claude, "Max", undefined, "default"],
  [claude, "default", undefined, "default"],
  [claude, "Default", undefined, "default"],
  [claude, "Opus", "opus", "opus"],
  [open, undefined, undefined, "brain-2"],
  [open, "default", undefined, "brain-2"],
  [open, "l", "brain-2-max", "brain-2-max"],
  [open, "BRAIN-OLD", "Brain-Old", "Brain-Old"],
  [open, "Brain-2-Mini", "brain-2-mini", "brain-2-mini"],
  [mock, "Mock-Small", "mock-small", "mock-small"],
  [mock, "l", "mock-large", "mock-large"],
  [family, undefined, "kin:9b", "kin:9b"],
  [family, "default", "kin:9b", "kin:9b"],
  [family, "small", "kin:2b", "kin:2b"],
  [family, "MAX", "kin:35b", "kin:35b"],
  [family, "other", "other", "other"],
  [family, "other:1b", "other:1b", "other:1b"],
  [family, "host:5000/other", "host:5000/other", "host:5000/other"],
];

for (const [provider, model, flag, name] of rows) {
  Deno.test(`chooseModel() of "${model}" for ${provider.name} is ${flag ?? "no flag"}`, async () => {
    assertEquals(await choose(provider, { model }), { flag, name, warnings: [] });
  });
}

Deno.test("chooseModel() passes an unknown name on, and says which known ones are near", async () => {
  assertEquals(await choose(claude, { model: "opos" }), {
    flag: "opos",
    name: "opos",
    warnings: [
      'claude is not known to have a model "opos"; it is told this name as it is. ' +
      'Did you mean "opus"?',
    ],
  });
  assertEquals((await choose(open, { model: "Brain-3-Mini" })).warnings, [
    'open is not known to have a model "Brain-3-Mini"; it is told this name as it is. ' +
    'Did you mean "brain-2-mini"?',
  ]);
  assertEquals((await choose(open, { model: "mediun" })).warnings, [
    'open is not known to have a model "mediun"; it is told this name as it is. ' +
    'Did you mean "medium"?',
  ]);
  assertEquals(await choose(claude, { model: "Entirely-New-9" }), {
    flag: "Entirely-New-9",
    name: "Entirely-New-9",
    warnings: [
      'claude is not known to have a model "Entirely-New-9"; it is told this name as it is',
    ],
  });
});

Deno.test("chooseModel() refuses a name that a closed catalogue lacks, and lists it", async () => {
  const error = await assertRejects(
    () => choose(mock, { model: "mock-smal" }),
    InvalidModelError,
    'Unknown model "mock-smal" for mock: it must be one of mock-small, mock-medium, mock-large',
  );
  assertEquals(
    [error.model, error.provider, error.hint],
    ["mock-smal", "mock", 'Did you mean "mock-small"?'],
  );
});

const sources: [string, Partial<ModelRequest>, Config, string | undefined][] = [
  ["the general one", {}, { "defaults.model": "small" }, "brain-2-mini"],
  [
    "the provider's own before the general one",
    {},
    { "defaults.model": "small", "models.open": "large" },
    "brain-2-max",
  ],
  [
    "-m before both",
    { model: "brain-1" },
    { "defaults.model": "small", "models.open": "large" },
    "brain-1",
  ],
  ["-m default, which is no flag", { model: "default" }, { "models.open": "large" }, undefined],
  ["not that of another provider", {}, { "models.claude": "opus" }, undefined],
  ["the session's before the configured one", { stored: "brain-1" }, {
    "models.open": "large",
  }, "brain-1"],
  ["-m before the session's", { stored: "brain-1", model: "small" }, {}, "brain-2-mini"],
];

for (const [what, request, config, flag] of sources) {
  Deno.test(`chooseModel() takes ${what}`, async () => {
    assertEquals((await choose(open, { ...request, config })).flag, flag);
  });
}

Deno.test("chooseModel() gives a session its stored model back as it is", async () => {
  // "default" was the answer for "large"; as a wish it could become something else.
  assertEquals(await choose(claude, { stored: "default" }), {
    flag: undefined,
    name: "default",
    warnings: [],
  });
  for (const stored of ["Entirely-New-9", "small", "HAIKU"]) {
    assertEquals(await choose(claude, { stored }), { flag: stored, name: stored, warnings: [] });
  }
  assertEquals(await choose(open, { stored: "brain-2" }), {
    flag: undefined,
    name: "brain-2",
    warnings: [],
  });
});

Deno.test("chooseModel() keeps sizes and drops exact names for one that stands in", async () => {
  const left = (name: string) => [
    `The model "${name}" is left out: it was not meant for open`,
  ];
  const cases: [Partial<ModelRequest>, Config, string | undefined, string[]][] = [
    [{ model: "s" }, {}, "brain-2-mini", []],
    [{ model: "opus" }, {}, undefined, left("opus")],
    [{ model: "default" }, {}, undefined, []],
    // Whether the name exists here, too, is not the question.
    [{ model: "brain-1" }, {}, undefined, left("brain-1")],
    [{}, { "defaults.model": "large" }, "brain-2-max", []],
    [{}, { "defaults.model": "opus" }, undefined, left("opus")],
    [{}, { "defaults.model": "opus", "models.open": "brain-1" }, "brain-1", []],
    [{ model: "opus" }, { "models.open": "brain-1" }, "brain-1", left("opus")],
  ];
  for (const [request, config, flag, warnings] of cases) {
    const told = await choose(open, { ...request, config, standsIn: true });
    assertEquals([request, config, told.flag, told.warnings], [request, config, flag, warnings]);
  }
  const kin = await choose(family, { model: "opus", standsIn: true });
  assertEquals([kin.flag, kin.warnings.length], ["kin:9b", 1]);
  const general = { "defaults.model": "opus" };
  assertEquals((await choose(family, { config: general, standsIn: true })).flag, "kin:9b");
});

const families: [Partial<ModelRequest>, Config, string][] = [
  [{ size: "35b" }, {}, "kin:35b"],
  [{ size: "S" }, {}, "kin:2b"],
  [{ size: "small" }, { "ollama.size_small": "0.8b" }, "kin:0.8b"],
  [{ model: "small" }, { "ollama.size_small": "0.8b" }, "kin:0.8b"],
  [{ model: "l" }, { "ollama.size_large": "122b" }, "kin:122b"],
  [{ model: "small", size: "27b" }, {}, "kin:27b"],
  [{ model: "small" }, { "ollama.size": "27b" }, "kin:2b"],
  [{}, { "ollama.size": "27b" }, "kin:27b"],
  [{ size: "4b" }, { "ollama.size": "27b" }, "kin:4b"],
  [{}, { "ollama.size_medium": "8b" }, "kin:8b"],
  [{}, { "ollama.model": "other" }, "other"],
  [{}, { "ollama.model": "other", "ollama.size": "7b" }, "other:7b"],
  [{}, { "ollama.model": "other:1b", "ollama.size": "7b" }, "other:1b"],
  [{ size: "3b" }, { "ollama.model": "other:1b" }, "other:3b"],
  [{ model: "small" }, { "ollama.model": "other" }, "other:2b"],
  [{}, { "ollama.model": "other", "models.ollama": "third" }, "third"],
  [{}, { "ollama.model": "other", "models.ollama": "large" }, "other:35b"],
  [{}, { "defaults.model": "large" }, "kin:35b"],
  [{}, { "defaults.model": "third" }, "third"],
  [{}, { "defaults.model": "third", "ollama.model": "other" }, "other"],
  [{}, { "defaults.model": "large", "models.ollama": "third" }, "third"],
  [{ model: "third" }, { "ollama.model": "other", "ollama.size": "7b" }, "third:7b"],
  [{ model: "third", size: "large" }, {}, "third:35b"],
  [{ model: "third:q4" }, { "ollama.size": "7b" }, "third:q4"],
  [{ model: "kin" }, {}, "kin:9b"],
  [{ model: "host:5000/third", size: "1b" }, {}, "host:5000/third:1b"],
  [{ stored: "third:q4" }, { "ollama.size": "7b", "models.ollama": "fourth" }, "third:q4"],
  [{ stored: "third" }, { "ollama.size": "7b" }, "third"],
  [{ stored: "kin:9b" }, { "ollama.size": "7b" }, "kin:9b"],
  [{ stored: "third:q4", size: "large" }, {}, "third:35b"],
  [{ stored: "third:q4", model: "small" }, {}, "kin:2b"],
];

for (const [request, config, expected] of families) {
  const asked = JSON.stringify({ ...request, ...config });
  Deno.test(`chooseModel() makes ${expected} of ${asked} where sizes are tags`, async () => {
    const told = await choose(family, { ...request, config });
    assertEquals(told, { flag: expected, name: expected, warnings: [] });
  });
}

Deno.test("chooseModel() refuses a size beside a name that holds one", async () => {
  await assertRejects(
    () => choose(family, { model: "third:q4", size: "9b" }),
    OptionUsageError,
    'Cannot use the size "9b" with the model "third:q4": its name holds a size',
  );
});

Deno.test("chooseModel() refuses an empty name", async () => {
  for (const model of ["", " "]) {
    const message = "Cannot use an empty name as the model";
    await assertRejects(() => choose(open, { model }), OptionUsageError, message);
    await assertRejects(() => choose(family, { model }), OptionUsageError, message);
  }
});
