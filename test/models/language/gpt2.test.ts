// GPT-2's published layout: a model made by PyTorch (test/golden/gpt2.py) gives its logits, ours go there and back, and what does not fit is named.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { cast, key, mapTree, mul, tensor, toArray, zeros } from "../../../src/index.ts";
import {
  type Config,
  configOf,
  fromGpt2,
  type Gpt2Options,
  init,
  loadGpt2,
  logits,
  type Model,
  type ModelProblem,
  printModelProblem,
  toGpt2,
} from "../../../src/models/language/index.ts";
import { loadTensors, type Tensors } from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("GPT-2's layout");

const goldenPath = (file: string): string =>
  fileURLToPath(new URL(`../../golden/gpt2/${file}`, import.meta.url));
const golden = JSON.parse(readFileSync(goldenPath("values.json"), "utf8")) as {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tokens: readonly (readonly number[])[];
  readonly logits: readonly number[][][];
  readonly halfLogits: readonly number[][][];
}; // gpt2.py writes it

const right = <A>(found: E.Either<ModelProblem, A>): A => {
  if (E.isLeft(found)) throw new Error(printModelProblem(found.left));
  return found.right;
};

const saidOf = (found: E.Either<ModelProblem, unknown>): string =>
  E.isLeft(found) ? `${found.left._tag}: ${printModelProblem(found.left)}` : "nothing wrong";

const tensorsIn = async (file: string): Promise<Tensors> => {
  const found = await loadTensors(goldenPath(file))();
  if (E.isLeft(found)) throw new Error(found.left.rule);
  return found.right.tensors;
};

const assertLogits = ({ config, params }: Model, wanted: readonly number[][][]): void => {
  const found = logits(config, params)(tensor(golden.tokens, { dtype: "i32" }));
  // f32 against f64, logits of up to 10.
  assertTreesClose(found, tensor(wanted), 1e-5, "logits");
};

test("gives PyTorch's logits for a model with masks, a tied head and no prefix", async () => {
  const model = right(await loadGpt2(goldenPath("model.safetensors"), { heads: 2 })());
  const { symbols, context, width, layers, heads, tied } = model.config;
  const sizes = { symbols, context, width, layers, heads, tied };
  assert.equal(sizes, { symbols: 13, context: 10, width: 8, layers: 2, heads: 2, tied: true });
  assertLogits(model, golden.logits);
});

test("gives PyTorch's logits for a model in bf16 with a prefix and config.json", async () => {
  const options = { published: golden.config };
  const model = right(await loadGpt2(goldenPath("half.safetensors"), options)());
  assert.is(model.params.tokens.table.dtype, "f32");
  assertLogits(model, golden.halfLogits);
});

const configs: fc.Arbitrary<Config> = fc
  .record({
    context: fc.integer({ min: 1, max: 5 }),
    layers: fc.integer({ min: 1, max: 3 }),
    heads: fc.constantFrom(1, 2),
    hidden: fc.constantFrom(undefined, 5),
    activation: fc.constantFrom<Config["activation"]>("gelu", "gelu-tanh"),
    tied: fc.boolean(),
  })
  .map(({ hidden, ...rest }) =>
    configOf("gpt2", 7, { width: 4, ...rest, ...(hidden === undefined ? {} : { hidden }) }),
  );

test(
  "gives back what went there, bit for bit, with config.json beside it",
  forAll(
    { config: configs },
    { runs: 30 },
  )(({ config }) => {
    const params = init(key(1), config);
    const { tensors, published } = right(toGpt2({ config, params }));
    const back = right(fromGpt2(tensors, { published: JSON.parse(JSON.stringify(published)) }));
    assert.equal(back.config, config);
    assertTreesClose(back.params, params, 0);
  }),
);

test(
  "widens halves to what they stand for",
  forAll(
    { config: configs, half: fc.constantFrom("f16", "bf16") },
    { runs: 10 },
  )(({ config, half }) => {
    const params = mapTree(init(key(1), config), cast(half));
    const { tensors, published } = right(toGpt2({ config, params }));
    const back = right(fromGpt2(tensors, { published }));
    assertTreesClose(back.params, mapTree(params, cast("f32")), 0);
  }),
);

test("takes heads of width 64 where nobody says otherwise", () => {
  const config = configOf("gpt2", 7, { context: 2, width: 128, layers: 1, heads: 2 });
  const { tensors } = right(toGpt2({ config, params: init(key(0), config) }));
  assert.is(right(fromGpt2(tensors)).config.heads, 2);
});

/** What is said of the golden model after a change. */
const complaintOf = async (
  change: (tensors: Map<string, ReturnType<typeof zeros>>) => void,
  options: Gpt2Options = { heads: 2 },
): Promise<string> => {
  const tensors = new Map(await tensorsIn("model.safetensors"));
  change(tensors);
  return saidOf(fromGpt2(tensors, options));
};

const layersSaid = "a GPT-2 of 2 layers and width 8";

test("names tensors that are missing, too many, or of another shape or dtype", async () => {
  assert.is(
    await complaintOf((all) => all.delete("h.1.mlp.c_proj.bias")),
    `MissingTensor: fromGpt2: the leaves of ${layersSaid} expected, got no "h.1.mlp.c_proj.bias"`,
  );
  assert.is(
    await complaintOf((all) => all.set("h.1.attn.q.weight", zeros([8, 8]))),
    `ExtraTensor: fromGpt2: the leaves of ${layersSaid} expected, got extra "h.1.attn.q.weight"`,
  );
  assert.is(
    await complaintOf((all) => all.set("h.1.attn.c_attn.weight", zeros([24, 8]))),
    `ShapeMismatch: fromGpt2: shapes and dtypes of ${layersSaid} expected, got "h.1.attn.c_attn.weight" f32 [24, 8] where f32 [8, 24] is expected`,
  );
  assert.is(
    await complaintOf((all) => all.set("ln_f.bias", zeros([8], "i32"))),
    `DtypeMismatch: fromGpt2: shapes and dtypes of ${layersSaid} expected, got "ln_f.bias" i32 [8] where f32 [8] is expected`,
  );
  assert.is(
    await complaintOf((all) => all.delete("wte.weight")),
    `MissingTensor: fromGpt2: a tensor "wte.weight", as GPT-2 has, expected, got "wpe.weight", "h.0.ln_1.weight", "h.0.ln_1.bias" …`,
  );
  assert.is(
    await complaintOf((all) => all.set("wpe.weight", zeros([10]))),
    'ShapeMismatch: fromGpt2: "wpe.weight" [context, width] expected, got f32 [10]',
  );
  assert.is(
    saidOf(fromGpt2(new Map())),
    'MissingTensor: fromGpt2: a tensor "wte.weight", as GPT-2 has, expected, got no tensors',
  );
});

test("refuses a tensor that is there with and without the prefix, and tensors that are empty", async () => {
  assert.is(
    await complaintOf((all) => all.set("transformer.ln_f.bias", zeros([8]))),
    'ExtraTensor: fromGpt2: "ln_f.bias" with or without "transformer." expected, got both',
  );
  const empty: Readonly<Record<string, readonly [string, readonly number[]]>> = {
    symbols: ["wte.weight", [0, 8]],
    context: ["wpe.weight", [0, 8]],
    hidden: ["h.0.mlp.c_fc.weight", [8, 0]],
  };
  for (const [size, [name, shape]] of Object.entries(empty))
    assert.is(
      await complaintOf((all) => all.set(name, zeros(shape))),
      `BadConfig: fromGpt2: ${size} of 1 or more expected, got 0`,
    );
});

test("tells a layer that is far away from many layers", async () => {
  assert.match(
    await complaintOf((all) => all.set("h.4000000000.ln_1.bias", zeros([8]))),
    /^MissingTensor: .* a GPT-2 of 3 layers .* no "h\.2\.ln_1\.weight".* and 7 more; extra "h\.4000000000\.ln_1\.bias"$/,
  );
});

test("refuses heads that do not fit", async () => {
  assert.is(
    await complaintOf(() => undefined, {}),
    "BadConfig: fromGpt2: heads that divide a width of 8 expected, got 0.125\nhint: give heads or config.json's record where heads are not of width 64",
  );
  assert.match(await complaintOf(() => undefined, { heads: 3 }), /divide a width of 8 .* got 3/);
  assert.is(
    await complaintOf(() => undefined, { heads: 4, published: golden.config }),
    "BadConfig: fromGpt2: 2 heads, as n_head says, expected, got 4",
  );
});

test("holds config.json against the tensors and against what is computed here", async () => {
  const saying = (changes: Readonly<Record<string, unknown>>): Promise<string> =>
    complaintOf(() => undefined, { published: { ...golden.config, ...changes } });
  assert.is(await saying({}), "nothing wrong");
  const wrong: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
    [{ n_embd: 16 }, "n_embd 8, as the tensors are, expected, got 16"],
    [{ vocab_size: 14 }, "vocab_size 13, as the tensors are, expected, got 14"],
    [{ n_layer: 3 }, "n_layer 2, as the tensors are, expected, got 3"],
    [{ n_positions: 11 }, "n_positions 10, as the tensors are, expected, got 11"],
    [{ n_inner: 16 }, "n_inner 32 or null, as the tensors are, expected, got 16"],
    [{ model_type: "llama" }, 'model_type "gpt2" expected, got "llama"'],
    [{ layer_norm_epsilon: 1e-6 }, "layer_norm_epsilon 0.00001 expected, got 0.000001"],
    [{ scale_attn_weights: false }, "scale_attn_weights true expected, got false"],
    [
      { activation_function: "relu" },
      'activation_function gelu_new or gelu_pytorch_tanh or gelu expected, got "relu"',
    ],
    [{ activation_function: "toString" }, 'or gelu expected, got "toString"'],
    [{ tie_word_embeddings: 1 }, "a boolean tie_word_embeddings expected, got 1"],
    [{ n_head: "2" }, 'a number n_head expected, got "2"'],
  ];
  for (const [changes, said] of wrong)
    assert.ok((await saying(changes)).endsWith(said), await saying(changes));
  assert.match(
    await complaintOf(() => undefined, { published: [] }),
    /a record, as config.json has, expected, got \[\]/,
  );
});

test("refuses a head that differs from the table that it is tied to, unless it is its own", async () => {
  const double = (all: Map<string, ReturnType<typeof zeros>>): void => {
    all.set("lm_head.weight", mul(all.get("wte.weight") as ReturnType<typeof zeros>, 2));
  };
  assert.match(
    await complaintOf(double),
    /^BadConfig: fromGpt2: "lm_head.weight" with the values of "wte.weight", to which it is tied, expected/,
  );
  const tensors = new Map(await tensorsIn("model.safetensors"));
  double(tensors);
  const published = { ...golden.config, tie_word_embeddings: false };
  const { config, params } = right(fromGpt2(tensors, { published }));
  const doubled = golden.logits.map((text) => text.map((row) => row.map((score) => 2 * score)));
  assertLogits({ config, params }, doubled);
  assert.equal(params.scores?.weight.shape, [8, 13]);
});

test("names the file that it cannot read", async () => {
  const missing = await loadGpt2("/nowhere/model.safetensors")();
  assert.match(saidOf(missing), /^MissingFile: loadGpt2 \/nowhere\/model.safetensors: a file/);
  const other = await loadGpt2(goldenPath("values.json"))();
  assert.match(saidOf(other), /^HeaderTooLarge: loadGpt2 .*values.json: a header of at most/);
});

test("has no place for what GPT-2 has not", () => {
  const changes: readonly (readonly [Partial<Config>, string])[] = [
    [{ positions: "rotary" }, "learned positions expected for GPT-2's layout, got rotary"],
    [{ norm: "rms" }, "norm layer expected for GPT-2's layout, got rms"],
    [{ activation: "swiglu" }, "activation gelu or gelu-tanh expected"],
    [{ attention: { kind: "linear" } }, "full attention expected for GPT-2's layout, got linear"],
    [{ groups: 1 }, "2 groups, as heads, expected for GPT-2's layout, got 1"],
    [{ headWidth: 1 }, "heads of width 2 expected for GPT-2's layout, got 1"],
    [{ activations: "int8" }, "activations that are not rounded expected for GPT-2's layout"],
    [{ bias: false }, "biases expected for GPT-2's layout, got none"],
  ];
  for (const [change, said] of changes) {
    const config = configOf("gpt2", 7, { context: 2, width: 4, heads: 2, layers: 1, ...change });
    const found = saidOf(toGpt2({ config, params: init(key(0), config) }));
    assert.ok(found.startsWith(`BadConfig: toGpt2: ${said}`), found);
  }
});

test("has the published names, with a weight known by hand in its place", () => {
  const config = configOf("gpt2", 7, { context: 2, width: 4, heads: 2, layers: 1 });
  const params = init(key(0), config);
  const { tensors } = right(toGpt2({ config, params }));
  const layer = "transformer.h.0";
  assert.equal(
    [...tensors.keys()],
    [
      "transformer.wte.weight",
      "transformer.wpe.weight",
      ...["ln_1.weight", "ln_1.bias", "attn.c_attn.weight", "attn.c_attn.bias"].map(
        (name) => `${layer}.${name}`,
      ),
      ...["attn.c_proj.weight", "attn.c_proj.bias", "ln_2.weight", "ln_2.bias"].map(
        (name) => `${layer}.${name}`,
      ),
      ...["mlp.c_fc.weight", "mlp.c_fc.bias", "mlp.c_proj.weight", "mlp.c_proj.bias"].map(
        (name) => `${layer}.${name}`,
      ),
      "transformer.ln_f.weight",
      "transformer.ln_f.bias",
    ],
  );
  const up = tensors.get(`${layer}.mlp.c_fc.weight`);
  assert.equal(
    toArray(up as NonNullable<typeof up>),
    toArray(params.layers[0]?.forward.up.weight as NonNullable<typeof up>),
  );
});

test.run();
