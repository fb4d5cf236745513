// Transformers: a token sees none behind it, a text may be read at once or piece by piece, and every choice of the configuration has its gradients.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { flattenTree } from "../../../src/core/tree.ts";
import {
  cast,
  grad,
  key,
  mapTree,
  mean,
  square,
  type Tensor,
  tensor,
  toArray,
  values,
} from "../../../src/index.ts";
import {
  type AttentionKind,
  type Config,
  configOf,
  emptyCache,
  encode,
  extend,
  init,
  initEncoderDecoder,
  logits,
  translate,
} from "../../../src/models/language/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("Transformer");

const kinds: readonly AttentionKind[] = [
  { kind: "full" },
  { kind: "blockwise", block: 3 },
  { kind: "window", window: 3 },
  { kind: "linear" },
];

const configs: fc.Arbitrary<Config> = fc.record({
  symbols: fc.constant(7),
  context: fc.constant(9),
  width: fc.constant(8),
  layers: fc.integer({ min: 1, max: 2 }),
  heads: fc.constantFrom(2, 4),
  groups: fc.constantFrom(1, 2),
  hidden: fc.constant(12),
  positions: fc.constantFrom("learned", "rotary"),
  norm: fc.constantFrom("layer", "rms"),
  activation: fc.constantFrom("gelu", "gelu-tanh", "swiglu"),
  attention: fc.constantFrom(...kinds),
  tied: fc.boolean(),
  bias: fc.boolean(),
});

const tokensOf = (batch: number, time: number, seed: number): Tensor =>
  tensor(
    Array.from({ length: batch }, (_, b) =>
      Array.from({ length: time }, (_, t) => (seed + 3 * b + 5 * t * t) % 7),
    ),
    { dtype: "i32" },
  );

/** Parameters that differ enough for a mistake to show. */
const paramsOf = (config: Config, seed: number) =>
  mapTree(init(key(seed), config), (x) => cast("f64")(x));

test(
  "gives scores that do not depend on tokens behind",
  forAll(
    { config: configs, seed: fc.nat(50), at: fc.nat(7) },
    { runs: 30 },
  )(({ config, seed, at }) => {
    const params = paramsOf(config, seed);
    const read = logits(config, params);
    const [a, b] = [tokensOf(1, 9, seed), tokensOf(1, 9, seed + 1)];
    const both = (toArray(a) as number[][])[0]?.map((x, t) =>
      t <= at ? x : ((toArray(b) as number[][])[0]?.[t] as number),
    );
    const mixed = read(tensor([both as number[]], { dtype: "i32" }));
    const whole = read(a);
    assert.equal([...whole.shape], [1, 9, 7]);
    const rows = (x: Tensor) =>
      (toArray(x) as number[][][])[0]?.slice(0, at + 1).flat() as number[];
    for (const [i, x] of rows(whole).entries())
      assert.ok(Math.abs(x - (rows(mixed)[i] as number)) < 1e-12);
  }),
);

test(
  "reads a text piece by piece as at once",
  forAll(
    { config: configs, seed: fc.nat(50), cuts: fc.uniqueArray(fc.integer({ min: 1, max: 8 })) },
    { runs: 30 },
  )(({ config, seed, cuts }) => {
    const params = paramsOf(config, seed);
    const tokens = toArray(tokensOf(2, 9, seed)) as number[][];
    const starts = [0, ...cuts.sort((a, b) => a - b)];
    let cache = mapTree(emptyCache(config, { batch: 2 }), (x) => cast("f64")(x));
    const found: number[] = [];
    for (const [i, from] of starts.entries()) {
      const piece = tensor(
        tokens.map((row) => row.slice(from, starts[i + 1] ?? 9)),
        { dtype: "i32" },
      );
      const step = extend(config, params)(cache, piece, tensor(from, { dtype: "i32" }));
      cache = step.cache;
      found.push(
        ...(toArray(step.logits) as number[][][]).flatMap((rows) => rows.at(-1) as number[]),
      );
    }
    const whole = toArray(logits(config, params)(tensor(tokens, { dtype: "i32" }))) as number[][][];
    const expected = starts.flatMap((_, i) =>
      whole.flatMap((rows) => rows[(starts[i + 1] ?? 9) - 1] as number[]),
    );
    // Turns by an angle that is a tensor are computed in f32.
    for (const [i, x] of found.entries())
      assert.ok(Math.abs(x - (expected[i] as number)) < 1e-6, `${x} ${expected[i]}`);
  }),
);

test(
  "has a gradient in every parameter",
  forAll(
    { config: configs, seed: fc.nat(50) },
    { runs: 20 },
  )(({ config, seed }) => {
    const params = paramsOf(config, seed);
    const loss = (p: typeof params) => mean(square(logits(config, p)(tokensOf(2, 9, seed))));
    const { leaves, structure } = flattenTree(grad(loss)(params), "test");
    for (const [i, leaf] of leaves.entries())
      assert.ok(
        Array.from(values(leaf as Tensor)).some((x) => x !== 0),
        structure.paths[i] as string,
      );
  }),
);

test("as an encoder sees both ways", () => {
  const config = configOf("nano", 7, { width: 8, heads: 2, layers: 1, context: 9 });
  const params = paramsOf(config, 1);
  const read = (last: number) =>
    toArray(encode(config, params)(tensor([[1, 2, last]], { dtype: "i32" }))) as number[][][];
  assert.not.equal(read(3)[0]?.[0], read(4)[0]?.[0]);
});

test("with an encoder hears its source, but for what is masked", () => {
  const config = configOf("nano", 7, { width: 8, heads: 2, groups: 1, layers: 2, context: 9 });
  // Tokens of this encoder see themselves alone, so that nothing of what is masked comes by others.
  const encoder: Config = { ...config, attention: { kind: "window", window: 1 } };
  const both = { encoder, decoder: config };
  const params = mapTree(initEncoderDecoder(key(1), both), (x) => cast("f64")(x));
  const target = tokensOf(2, 4, 1);
  const mask = tensor([
    [true, true, false],
    [true, true, true],
  ]);
  const heard = (last: number, options = {}) => {
    const source = [
      [1, 2, last],
      [1, 2, 3],
    ];
    const read = translate(both, params, options);
    return toArray(read(tensor(source, { dtype: "i32" }), target)) as number[][][];
  };
  assert.equal(heard(5)[1], heard(6)[1]);
  assert.not.equal(heard(5)[0], heard(6)[0]);
  assert.equal(heard(5, { mask })[0], heard(6, { mask })[0]);
  assert.not.equal(heard(5, { mask })[0], heard(5)[0]);
  assertTreesClose(
    tensor(heard(5)[1] as number[][]),
    tensor(heard(5, { mask })[1] as number[][]),
    1e-12,
  );
});

test("drops with a key only", () => {
  const config = configOf("nano", 7, { width: 8, heads: 2, layers: 1, context: 9, dropout: 0.5 });
  const params = init(key(1), config);
  const tokens = tokensOf(1, 9, 1);
  const plain = toArray(logits(config, params)(tokens));
  assert.equal(toArray(logits({ ...config, dropout: 0 }, params, { key: key(2) })(tokens)), plain);
  assert.not.equal(toArray(logits(config, params, { key: key(2) })(tokens)), plain);
});

test("refuses more tokens than the context, and configurations that make no model", () => {
  const config = configOf("nano", 7, { width: 8, heads: 2, layers: 1, context: 4 });
  assert.is(
    messageOf(() => logits(config, init(key(0), config))(tokensOf(1, 5, 0))),
    "Transformer: at most 4 tokens expected, got 5",
  );
  for (const [changes, message] of [
    [{ heads: 3 }, "heads that divide 8 expected, got 3"],
    [{ groups: 3 }, "groups that divide 2 expected, got 3"],
    [{ layers: 0 }, "layers of 1 or more expected, got 0"],
    [{ width: 6, positions: "rotary" }, "heads of even width expected to be turned, got 3"],
    [{ dropout: 1 }, "a dropout in [0, 1) expected, got 1"],
    [{ attention: { kind: "window", window: 0 } }, "a window of 1 or more expected, got 0"],
  ] as const)
    assert.is(
      messageOf(() => init(key(0), { ...config, ...changes } as Config)),
      `Transformer.init: ${message}`,
    );
});

test.run();
