// Transformers with fewer heads and neurons: what is removed is as if it were masked, sizes fall, and a text is still read piece by piece.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { leavesOf } from "../../../src/core/tree.ts";
import { key, mapTree, mul, type Tensor, tensor, values } from "../../../src/index.ts";
import {
  type AttentionKind,
  type Config,
  configOf,
  emptyCache,
  extend,
  init,
  initEncoderDecoder,
  keepParts,
  logits,
  type Params,
  partsToKeep,
  slim,
  translate,
} from "../../../src/models/language/index.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("slim");

const kinds: readonly AttentionKind[] = [
  { kind: "full" },
  { kind: "window", window: 3 },
  { kind: "linear" },
];

const configs: fc.Arbitrary<Config> = fc.record({
  symbols: fc.constant(7),
  context: fc.constant(6),
  width: fc.constant(8),
  layers: fc.integer({ min: 1, max: 2 }),
  heads: fc.constant(4),
  groups: fc.constantFrom(2, 4),
  hidden: fc.constant(10),
  positions: fc.constantFrom("learned", "rotary"),
  norm: fc.constantFrom("layer", "rms"),
  activation: fc.constantFrom("gelu", "swiglu"),
  attention: fc.constantFrom(...kinds),
  tied: fc.boolean(),
  bias: fc.boolean(),
});

/** Weights that differ enough for a mistake to show, biases too. */
const paramsOf = <P>(params: P): P =>
  mapTree(params, (x) => (x.shape.length === 2 ? mul(x, 10) : x));

const tokens = tensor([[1, 4, 2, 6, 0, 3]], { dtype: "i32" });
const numbers = (x: Tensor): readonly number[] => [...values(x)];
const assertClose = (a: Tensor, b: Tensor): void => {
  const other = numbers(b);
  assert.equal(a.shape, b.shape);
  numbers(a).forEach((x, i) => {
    assert.ok(Math.abs(x - (other[i] as number)) < 1e-4, `${x} and ${other[i]}`); // f32, sums of ten
  });
};

/** A weight with rows of 0, but for some parts of `size` rows. */
const rowsOf = (weight: Tensor, parts: readonly number[], size: number): Tensor =>
  mul(
    weight,
    tensor(
      Array.from({ length: weight.shape[0] as number }, (_, i) => [
        Number(parts.includes(Math.floor(i / size))),
      ]),
    ),
  );

/** The model with weights of 0 where `slim` removes. */
const maskedBy = (
  config: Config,
  params: Params,
  kept: ReturnType<ReturnType<typeof partsToKeep>>,
): Params => ({
  ...params,
  layers: params.layers.map((layer, i) => {
    const { attention, forward, cross } = layer;
    const { groups, crossGroups = [], neurons } = kept[i] as (typeof kept)[number];
    const rows = config.width / (config.groups ?? config.heads); // of a group
    const heads = <P extends { output: { weight: Tensor } }>(
      p: P,
      parts: readonly number[],
    ): P => ({
      ...p,
      output: { ...p.output, weight: rowsOf(p.output.weight, parts, rows) },
    });
    return {
      ...layer,
      attention: heads(attention, groups),
      forward: {
        ...forward,
        down: { ...forward.down, weight: rowsOf(forward.down.weight, neurons, 1) },
      },
      ...(cross === undefined
        ? {}
        : { cross: { ...cross, attention: heads(cross.attention, crossGroups) } }),
    };
  }),
});

test(
  "removes what it would mask, and reads piece by piece what it reads at once",
  forAll(
    { config: configs, seed: fc.nat(50), hidden: fc.integer({ min: 1, max: 10 }) },
    { runs: 20 },
  )(({ config, seed, hidden }) => {
    const params = paramsOf(init(key(seed), config));
    const options = { heads: 2, hidden };
    const small = slim(options)(config, params);
    const masked = maskedBy(config, params, partsToKeep(options)(config, params));
    const found = logits(small.config, small.params)(tokens);
    assertClose(found, logits(config, masked)(tokens));
    const read = extend(small.config, small.params);
    const at = (n: number) => tensor(n, { dtype: "i32" });
    const parts = [
      tensor([[1, 4, 2, 6]], { dtype: "i32" }),
      tensor([[0, 3]], { dtype: "i32" }),
    ] as const;
    const first = read(emptyCache(small.config, { batch: 1 }), parts[0], at(0));
    const second = read(first.cache, parts[1], at(4));
    const last = numbers(second.logits);
    const end = numbers(found).slice(-last.length);
    last.forEach((x, i) => {
      assert.ok(Math.abs(x - (end[i] as number)) < 1e-4);
    });
  }),
);

test("an encoder and a decoder are slimmed each by itself", () => {
  const base = configOf("nano", 7, { width: 8, heads: 4, layers: 2, context: 6, bias: true });
  const both = { encoder: base, decoder: { ...base, groups: 2 } };
  const params = paramsOf(initEncoderDecoder(key(1), both));
  const options = { heads: 2, hidden: 20 };
  const encoder = slim(options)(both.encoder, params.encoder);
  const decoder = slim(options)(both.decoder, params.decoder);
  const found = translate(
    { encoder: encoder.config, decoder: decoder.config },
    { encoder: encoder.params, decoder: decoder.params },
  )(tokens, tokens);
  const partsOf = partsToKeep(options);
  const masked = {
    encoder: maskedBy(both.encoder, params.encoder, partsOf(both.encoder, params.encoder)),
    decoder: maskedBy(both.decoder, params.decoder, partsOf(both.decoder, params.decoder)),
  };
  assertClose(found, translate(both, masked)(tokens, tokens));
});

test("has as many numbers as its configuration makes", () => {
  const config = configOf("nano-modern", 7, { width: 16, heads: 4, layers: 2, context: 8 });
  const params = init(key(0), config);
  const small = slim({ heads: 1, hidden: 40 })(config, params);
  const shapes = (p: Params) => leavesOf(p).map(({ shape }) => shape);
  assert.equal(shapes(small.params), shapes(init(key(0), small.config)));
  const count = (p: Params) => leavesOf(p).reduce((n, x) => n + numbers(x).length, 0);
  // Three of four heads of 4: 4 · 16 · 12 numbers; 304 of 344 neurons: 3 · 16 · 304, of each of two layers.
  assert.is(count(params) - count(small.params), 2 * (4 * 16 * 12 + 3 * 16 * 304));
  assert.equal([small.config.heads, small.config.headWidth, small.config.width], [1, 4, 16]);
  assert.equal(slim({})(config, params).config, { ...config, headWidth: 4 });
});

test("keeps the heads and neurons that weigh most, or that gradients say", () => {
  const config = configOf("nano", 7, { width: 4, heads: 2, layers: 1, hidden: 3 });
  const start = init(key(0), config);
  const layer = start.layers[0] as Params["layers"][number];
  const withRows = (p: Params, output: number[], down: number[]): Params => {
    const rows = (sizes: number[]) => ({ weight: tensor(sizes.map((x) => [x, 0, 0, 0])) });
    const attention = { ...layer.attention, output: rows(output) };
    return {
      ...p,
      layers: [{ ...layer, attention, forward: { ...layer.forward, down: rows(down) } }],
    };
  };
  const params = withRows(start, [1, 1, 2, 0], [3, 1, 2]);
  assert.equal(partsToKeep({ heads: 1, hidden: 2 })(config, params), [
    { groups: [1], neurons: [0, 2] },
  ]);
  const gradients = withRows(start, [5, 5, 1, 1], [0, -9, 1]);
  assert.equal(partsToKeep({ heads: 1, hidden: 2, gradients })(config, params), [
    { groups: [0], neurons: [1, 2] },
  ]);
});

test("a head may have another width than its share", () => {
  const config = configOf("nano", 7, { width: 8, heads: 3, headWidth: 6, layers: 1, context: 6 });
  const params = init(key(0), config);
  assert.equal(params.layers[0]?.attention.input.weight.shape, [8, 54]);
  assert.equal(params.layers[0]?.attention.output.weight.shape, [18, 8]);
  assert.equal(logits(config, params)(tokens).shape, [1, 6, 7]);
  const wrong = (changes: Partial<Config>) =>
    messageOf(() => init(key(0), { ...config, ...changes }));
  assert.is(
    wrong({ headWidth: 1.5 }),
    "Transformer.init: headWidth of 1 or more expected, got 1.5",
  );
  assert.is(
    wrong({ headWidth: 3, positions: "rotary" }),
    "Transformer.init: heads of even width expected to be turned, got 3",
  );
});

test("refuses counts that there are not, and layers that differ", () => {
  const config = configOf("nano", 7, { width: 8, heads: 4, groups: 2, layers: 2 });
  const params = init(key(0), config);
  const refused = (options: Parameters<typeof slim>[0]) =>
    messageOf(() => slim(options)(config, params));
  assert.is(refused({ heads: 3 }), "slim: 1…4 heads in whole groups of 2 expected, got 3");
  assert.is(refused({ heads: 6 }), "slim: 1…4 heads in whole groups of 2 expected, got 6");
  assert.is(refused({ hidden: 0 }), "slim: 1…32 neurons expected, got 0");
  const uneven = [
    { groups: [0], neurons: [1] },
    { groups: [0, 1], neurons: [1] },
  ];
  assert.is(
    messageOf(() => keepParts(uneven)(config, params)),
    "slim: as many groups and neurons of each layer expected, got 1 and 1, 2 and 1",
  );
  for (const [groups, neurons, said] of [
    [[], [0], "one or more groups in 0…1, in order, expected, got none"],
    [[0, 0], [0], "one or more groups in 0…1, in order, expected, got 0, 0"],
    [[2], [0], "one or more groups in 0…1, in order, expected, got 2"],
    [[1], [], "one or more neurons in 0…31, in order, expected, got none"],
    [[1], [3, 1], "one or more neurons in 0…31, in order, expected, got 3, 1"],
  ] as const)
    assert.is(
      messageOf(() => keepParts(params.layers.map(() => ({ groups, neurons })))(config, params)),
      `slim: ${said}`,
    );
});

test.run();
