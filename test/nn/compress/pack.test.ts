// Trees in fewer bytes: what they stand for, how many bytes they take, what is refused, and learning with rounded weights.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  cast,
  compile,
  grad,
  item,
  key,
  leavesOf,
  mul,
  normal,
  relu,
  type Tensor,
  TensorError,
  tensor,
  values,
  zeros,
} from "../../../src/index.ts";
import {
  adam,
  applyUpdates,
  Compress,
  Conv,
  Embedding,
  Linear,
  meanSquaredError,
} from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const { denseBytes, fakeQuantizeTree, formatsOf, matrices, pack, packedBytes, unpack } = Compress;

const test = suite("pack, unpack");

const model = (seed: number) => ({
  tokens: Embedding.init(key(seed), { symbols: 6, width: 8 }),
  layers: [
    Linear.init(key(seed + 1), { inputs: 8, outputs: 16 }),
    Linear.init(key(seed + 2), { inputs: 16, outputs: 4 }),
  ],
  conv: Conv.init(key(seed + 3), { channels: 8, filters: 4, size: 3 }),
  count: tensor(3, { dtype: "i32" }),
  none: null,
});

const formats = fc.oneof(
  fc.record({
    kind: fc.constant("quantized" as const),
    bits: fc.constantFrom<8 | 4>(8, 4),
    per: fc.constantFrom<Compress.QuantizedFormat["per"]>(
      ...(["tensor", "channel", { group: 4 }, { group: 8 }] as const),
    ),
    symmetric: fc.boolean(),
  }),
  fc.constantFrom<Compress.Format>(
    { kind: "dense" },
    { kind: "dense", dtype: "f16" },
    { kind: "dense", dtype: "bf16" },
  ),
);

test("the default is 8 bits per channel for matrices and more, by row for tables, the rest as it is", () => {
  const int8 = { kind: "quantized", bits: 8, per: "channel" };
  const dense = { kind: "dense" };
  assert.equal(formatsOf(model(1)), {
    "tokens.table": { ...int8, axis: 0 },
    "layers[0].weight": int8,
    "layers[0].bias": dense,
    "layers[1].weight": int8,
    "layers[1].bias": dense,
    "conv.weight": int8,
    "conv.bias": dense,
    count: dense,
  });
  const shapes = pack(formatsOf(model(1)))(model(1)) as unknown as {
    readonly tokens: { readonly table: Compress.Quantized };
  };
  assert.equal(shapes.tokens.table.scale.shape, [6, 1]);
});

test(
  "what is unpacked is what rounding in the loss gives, for every format",
  forAll(
    { format: formats, seed: fc.nat(99) },
    { runs: 30 },
  )(({ format, seed }) => {
    const params = model(seed);
    const chosen = formatsOf(params, matrices(format));
    const unpacked = unpack(chosen)(pack(chosen)(params));
    assert.is(unpacked.none, null);
    assertTreesClose(unpacked, fakeQuantizeTree(chosen)(params), 0);
  }),
);

test(
  "packing again what was unpacked gives the same parts",
  forAll(
    { format: formats, seed: fc.nat(99) },
    { runs: 30 },
  )(({ format, seed }) => {
    const params = model(seed);
    const chosen = formatsOf(params, matrices(format));
    const once = pack(chosen)(params);
    const twice = pack(chosen)(unpack(chosen)(once));
    // Scales are found again to the last place.
    assertTreesClose(twice, once, 1e-6);
  }),
);

test(
  "functions work on an unpacked tree, compiled too",
  forAll(
    { format: formats, seed: fc.nat(99) },
    { runs: 10 },
  )(({ format, seed }) => {
    const params = model(seed).layers;
    const chosen = formatsOf(params, matrices(format));
    const apply = ([first, second]: typeof params, x: Tensor): Tensor =>
      Linear.apply(second as Linear.Params)(
        relu(Linear.apply(first as Linear.Params)(x)),
      ) as Tensor;
    const packed = pack(chosen)(params);
    const x = normal(key(seed), [3, 8]);
    const program = compile((p: typeof packed, input: Tensor) => apply(unpack(chosen)(p), input));
    assertTreesClose(program(packed, x), apply(fakeQuantizeTree(chosen)(params), x), 1e-5);
  }),
);

test(
  "no plan of an unpacked tree stores a weight as floats, for one row and for many",
  forAll(
    { format: formats, rows: fc.constantFrom(1, 3, 40) },
    { runs: 20 },
  )(({ format, rows }) => {
    const params = Linear.init(key(1), { inputs: 64, outputs: 48 });
    const chosen = formatsOf(params, matrices(format));
    const program = compile((p: Compress.Packed<typeof params>, x: Tensor) =>
      Linear.apply(unpack(chosen)(p))(x),
    );
    const { buffers } = program.plan(pack(chosen)(params), zeros([rows, 64]));
    assert.ok(buffers.every(({ kind, size }) => kind === "input" || size < 64 * 48));
  }),
);

test("fewer bits and larger groups take fewer bytes", () => {
  const params = { w: normal(key(1), [256, 128]) };
  const bytes = (format: Compress.Format): number => {
    const chosen = formatsOf(params, matrices(format));
    return packedBytes(pack(chosen)(params));
  };
  const of = (bits: 8 | 4, per: Compress.QuantizedFormat["per"], symmetric = true) =>
    bytes({ kind: "quantized", bits, per, symmetric });
  const sizes = [
    of(4, "tensor"),
    of(4, "channel"),
    of(4, { group: 128 }),
    of(4, { group: 64 }),
    of(4, { group: 64 }, false),
    of(4, { group: 32 }),
    of(8, "channel"),
    of(8, { group: 32 }),
    bytes({ kind: "dense", dtype: "bf16" }),
    bytes({ kind: "dense" }),
  ];
  sizes.slice(1).forEach((size, i) => assert.ok(size > (sizes[i] as number), `${sizes}`));
  assert.is(sizes.at(-1), denseBytes(params));
  assert.is(sizes[3], 256 * 64 + 4 * 128 * 4); // half a byte a number, four scales of a column
  const chosen = formatsOf(params);
  assert.is(denseBytes(unpack(chosen)(pack(chosen)(params))), denseBytes(params));
});

test("what is packed does not hold on to the graph that made it", () => {
  const params = { w: mul(normal(key(1), [4, 4]), 2) };
  for (const leaf of leavesOf(pack(formatsOf(params))(params))) assert.is(leaf.origin._tag, "Data");
});

test("NaN and infinities are refused, by the leaf's name", () => {
  const params = { fc: { weight: tensor([[1, Number.NaN]]), bias: tensor([Number.NaN]) } };
  const chosen = formatsOf(params);
  assert.throws(
    () => pack(chosen)(params),
    (error: unknown) => error instanceof TensorError && error.problem._tag === "NonFinite",
  );
  assert.is(
    messageOf(() => pack(chosen)(params)),
    'pack: finite numbers in "fc.weight" expected, got NaN at flat index 1',
  );
  const fine = { fc: { ...params.fc, weight: tensor([[1, 2]]) } };
  assert.is(leavesOf(pack(chosen)(fine)).length, 3); // a leaf that stays as it is may hold anything
});

test("numbers that 16 bits do not hold are refused, not turned into infinity", () => {
  const refused = (dtype: "f16" | "bf16", x: number, kind: "dense" | "pairs" = "dense") => {
    const format = kind === "dense" ? { kind, dtype } : { kind, values: { kind: "dense", dtype } };
    const w = tensor([[0], [x], [0], [1]]);
    return messageOf(() => pack({ w: format as Compress.Format })({ w }));
  };
  const told = 'pack: numbers in "w" that f16 holds expected, got';
  assert.is(refused("f16", 65520), `${told} 65520 at flat index 1`);
  assert.is(refused("f16", -1e5, "pairs"), `${told} -100000 at flat index 1`);
  assert.match(refused("bf16", 3.4e38), /that bf16 holds expected/);
  const fits = pack({ w: { kind: "dense", dtype: "f16" } })({ w: tensor([65519, -65504]) });
  assert.equal([...values(cast("f32")(fits.w as unknown as Tensor))], [65504, -65504]);
});

test("formats that do not fit are refused, by the leaf's name", () => {
  const params = { fc: { weight: zeros([100, 8]) }, count: tensor(1, { dtype: "i32" }) };
  const of = (chosen: Compress.Formats) => messageOf(() => pack(chosen)(params));
  assert.is(
    of({ "fc.weight": { ...Compress.int4, per: { group: 64 } } }),
    'pack: a group size that divides axis 0 of "fc.weight", 100, expected, got 64\nhint: divisors near it are 50 and 100',
  );
  assert.is(
    of({ "fc.bias": { kind: "dense" } }),
    'pack: formats for leaves of the tree expected, got "fc.bias"',
  );
  assert.is(of({ count: Compress.int8 }), 'pack: dtype f32 of "count" expected, got i32');
  const unknown = { "fc.weight": { kind: "zip" } } as unknown as Compress.Formats;
  assert.is(
    of(unknown),
    'pack: a kind of format for "fc.weight" expected, got zip\nhint: there are dense, quantized, pairs',
  );
});

test("gradients through an unpacked tree reach the scales, and none the codes", () => {
  const params = { w: tensor([[7, 2.2]]) };
  const chosen = { w: { kind: "quantized", bits: 4, per: "tensor" } } as const;
  const packed = pack(chosen)(params) as unknown as { readonly w: Compress.Quantized };
  const slope = grad((scale: Tensor) => {
    const { w } = unpack(chosen)<typeof params>({ w: { ...packed.w, scale } } as Compress.Packed<
      typeof params
    >); // such parts
    return meanSquaredError(w, zeros([1, 2]));
  })(packed.w.scale);
  assert.is(item(slope), 53); // scale · Σ codes², over two, twice
});

test("a model that learns with rounded weights ends with a lower rounded loss than one rounded afterwards", () => {
  const truth = Linear.init(key(7), { inputs: 6, outputs: 4 });
  const x = normal(key(8), [64, 6]);
  const y = Linear.apply(truth)(x) as Tensor;
  const start = [
    Linear.init(key(1), { inputs: 6, outputs: 8 }),
    Linear.init(key(2), { inputs: 8, outputs: 4 }),
  ];
  const chosen = formatsOf(start, matrices({ kind: "quantized", bits: 4, per: "tensor" }));
  const rounded = fakeQuantizeTree(chosen);
  const loss = ([first, second]: typeof start): Tensor =>
    meanSquaredError(
      Linear.apply(second as Linear.Params)(Linear.apply(first as Linear.Params)(x)) as Tensor,
      y,
    );
  const train = (of: (p: typeof start) => Tensor): typeof start => {
    const optimizer = adam({ learningRate: 0.02 });
    const step = compile((p: typeof start, s: ReturnType<typeof optimizer.init>) => {
      const [updates, state] = optimizer.update(grad(of)(p), s, p);
      return [applyUpdates(p, updates), state] as const;
    });
    let [p, s] = [start, optimizer.init(start)] as const;
    for (let i = 0; i < 300; i++) [p, s] = step(p, s);
    return p;
  };
  const aware = item(loss(rounded(train((p) => loss(rounded(p))))));
  const after = item(loss(rounded(train(loss))));
  assert.ok(aware < 0.7 * after, `${aware} and ${after}`);
});

test("activations are rounded row by row as they come", () => {
  const x = tensor([
    [1.27, 0.5],
    [0.0127, 0.0051],
  ]);
  const y = values(Compress.fakeQuantize({ bits: 8, per: "token" })(x));
  [1.27, 0.5, 0.0127, 0.0051].forEach((expected, i) =>
    assert.ok(Math.abs((y[i] as number) - expected) < 1e-6),
  );
});

test.run();
