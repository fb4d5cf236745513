// Two of every four weights as a format: what comes back, what is refused, how it learns, and that products read it as it is stored.

import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  cast,
  compile,
  evaluate,
  grad,
  key,
  matmul,
  mul,
  normal,
  notEqual,
  type Shape,
  sum,
  type Tensor,
  tensor,
  toArray,
  values,
  zeros,
} from "../../../src/index.ts";
import { readFormats } from "../../../src/nn/compress/saved.ts";
import { Compress, Conv, Embedding, Linear } from "../../../src/nn/index.ts";
import { bitsOf } from "../../support/arrays.ts";
import { assertTreesClose } from "../../support/close.ts";
import { inFolder } from "../../support/folders.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const { fakeQuantizeTree, formatsOf, matrices, nOfM, pack, packedBytes, unpack } = Compress;

const test = suite("pairs as a format");

const bf16 = { kind: "dense", dtype: "bf16" } as const;
const inner = fc.constantFrom<Compress.PairsFormat["values"]>(
  undefined,
  bf16,
  Compress.int8,
  { kind: "quantized", bits: 4, per: { group: 4 } },
  { kind: "quantized", bits: 8, per: "tensor", symmetric: false },
);
const pairsOf = (kept: Compress.PairsFormat["values"], axis?: number): Compress.PairsFormat => ({
  ...{ kind: "pairs" },
  ...(kept === undefined ? {} : { values: kept }),
  ...(axis === undefined ? {} : { axis }),
});

const halved = (w: Tensor, axis = -2): Tensor =>
  evaluate(Compress.makePermanent(nOfM({ axis, choose: true })(w))(w));
const weight = (seed: number, shape: Shape, axis = -2): Tensor =>
  halved(normal(key(seed), shape), axis);

test(
  "what was packed comes back bit for bit, along every axis; rounded, it is what rounding in a loss gives",
  forAll(
    {
      axis: fc.constantFrom(0, 1, 2, -1),
      sizes: fc.tuple(fc.constantFrom(4, 8), fc.constantFrom(4, 12), fc.constantFrom(4, 8)),
      kept: inner,
      seed: fc.nat(99),
    },
    { runs: 40 },
  )(({ axis, sizes, kept, seed }) => {
    const params = { w: weight(seed, sizes, axis) };
    const plain = { w: pairsOf(undefined, axis) };
    const same = evaluate(unpack(plain)(pack(plain)(params)).w);
    assert.equal(bitsOf(same), bitsOf(params.w));
    const formats = { w: pairsOf(kept, axis) };
    const back = unpack(formats)(pack(formats)(params));
    assertTreesClose(back, fakeQuantizeTree(formats)(params), 0);
  }),
);

test(
  "groups that keep fewer than two come back, and equal numbers as nOfM would have them",
  forAll(
    { four: fc.array(fc.constantFrom(0, 0, 1, -1, 2), { minLength: 4, maxLength: 4 }) },
    { runs: 60 },
  )(({ four }) => {
    const w = tensor(four.map((x) => [x]));
    const formats = { w: pairsOf(undefined) };
    assertTreesClose(fakeQuantizeTree(formats)({ w }).w, halved(w), 0);
    const kept = { w: halved(w) };
    assertTreesClose(unpack(formats)(pack(formats)(kept)), kept, 0);
  }),
);

test("a group by hand: two values, and 1 + 4 · (3 − 2) for the places 1 and 3", () => {
  const formats = { w: pairsOf(undefined) };
  const { w } = pack(formats)({ w: tensor([[0], [5], [0], [7]]) }) as unknown as {
    readonly w: Compress.Pairs;
  };
  assert.equal([toArray(w.values), toArray(w.places)], [[[5], [7]], [[5]]]);
  assert.equal([w.values.dtype, w.places.dtype], ["f32", "i4"]);
});

test("bytes are 17 of 32, 9 of 32 with bf16, 5 of 32 with 8 bits and their scales", () => {
  const params = { w: weight(1, [256, 128]) };
  const bytes = (kept: Compress.PairsFormat["values"]): number => {
    const formats = { w: pairsOf(kept) };
    return packedBytes(pack(formats)(params));
  };
  const dense = packedBytes(params);
  assert.is(bytes(undefined), (17 / 32) * dense);
  assert.is(bytes(bf16), (9 / 32) * dense);
  assert.is(bytes(Compress.int8), (5 / 32) * dense + 4 * 128);
});

test(
  "gradients go straight through on the weights that are kept, and nowhere else",
  forAll(
    { kept: inner, seed: fc.nat(99) },
    { runs: 20 },
  )(({ kept, seed }) => {
    const w = weight(seed, [8, 4]);
    const g = normal(key(seed + 1), [8, 4]);
    const formats = { w: pairsOf(kept) };
    const slope = grad((x: Tensor) => sum(mul(fakeQuantizeTree(formats)({ w: x }).w, g)))(w);
    assertTreesClose(slope, mul(g, cast("f32")(notEqual(w, 0))), 0);
  }),
);

test("gradients of a product reach the values that are stored, and the input", () => {
  const w = weight(3, [8, 4]);
  const formats = { w: pairsOf(undefined) };
  const packed = pack(formats)({ w }) as unknown as { readonly w: Compress.Pairs };
  const x = normal(key(4), [1, 8]);
  const product = (input: Tensor, kept: Tensor): Tensor => {
    const parts = { w: { ...packed.w, values: kept } } as unknown as Compress.Packed<{ w: Tensor }>;
    return sum(matmul(input, unpack(formats)(parts).w));
  };
  assertTreesClose(
    grad((input: Tensor) => product(input, packed.w.values))(x),
    grad((input: Tensor) => sum(matmul(input, w)))(x),
    1e-6, // 4 terms, f32
  );
  // A value's slope is the input at its place.
  const slopes = values(grad((kept: Tensor) => product(x, kept))(packed.w.values));
  const [inputs, weights] = [values(x), values(w)];
  const expected = [0, 1].flatMap((g) =>
    [0, 1].flatMap((i) =>
      [0, 1, 2, 3].map((column) => {
        const places = [0, 1, 2, 3].filter((k) => weights[4 * (4 * g + k) + column] !== 0);
        return inputs[4 * g + (places[i] as number)] as number;
      }),
    ),
  );
  assert.equal([...slopes], expected);
});

for (const device of ["reference", "cpu"])
  test(
    `a product is that with the dense matrix, of any rows and values, on ${device}`,
    forAll(
      {
        rows: fc.constantFrom(1, 2, 3, 4, 9, 40),
        groups: fc.constantFrom(1, 2, 3, 8, 33),
        outputs: fc.constantFrom(4, 5, 31, 64, 515),
        kept: inner,
        seed: fc.nat(99),
      },
      { runs: device === "cpu" ? 60 : 15 },
    )(({ rows, groups, outputs, kept, seed }) => {
      const params = { w: weight(seed, [4 * groups, outputs]) };
      // Groups of 4 values need an even number of groups of 4 weights.
      const isGrouped = kept?.kind === "quantized" && typeof kept.per === "object";
      const formats = { w: pairsOf(isGrouped && groups % 2 === 1 ? Compress.int8 : kept) };
      const packed = pack(formats)(params);
      const x = evaluate(normal(key(seed + 7), [rows, 4 * groups]));
      const product = compile((a: Tensor, p: typeof packed) => matmul(a, unpack(formats)(p).w), {
        device,
      });
      const dense = evaluate(unpack(formats)(packed).w, { device: "reference" });
      assertTreesClose(
        product(x, packed),
        evaluate(matmul(x, dense), { device: "reference" }),
        3e-5, // 66 terms of size 10 at most, f32
      );
    }),
  );

test("in f64 a product is exact where numbers are whole", () => {
  for (const device of ["reference", "cpu"]) {
    const w = evaluate(cast("f64")(cast("i32")(mul(weight(5, [24, 7]), 2 ** 20))));
    const x = tensor(
      Float64Array.from({ length: 24 }, (_, i) => 2 ** i),
      { shape: [1, 24] },
    );
    const parts = Compress.toPairs()(w);
    assert.is(parts.values.dtype, "f64");
    const found = evaluate(matmul(x, Compress.fromPairs()(parts)), { device });
    const expected = evaluate(matmul(x, w), { device: "reference" });
    assert.equal([...values(found)], [...values(expected)]);
  }
});

test(
  "no plan stores the dense matrix, for one row and for many, nor that of its gradient in the input",
  forAll(
    { kept: inner, rows: fc.constantFrom(1, 2, 40), device: fc.constantFrom("cpu", "reference") },
    { runs: 30 },
  )(({ kept, rows, device }) => {
    const params = Linear.init(key(1), { inputs: 64, outputs: 48 });
    const formats = formatsOf(params, matrices(pairsOf(kept)));
    const packed = pack(formats)({ ...params, weight: halved(params.weight) });
    const layer = (p: typeof packed, x: Tensor): Tensor => Linear.apply(unpack(formats)(p))(x);
    const both = compile(
      (p: typeof packed, x: Tensor) => [layer(p, x), grad((a: Tensor) => sum(layer(p, a)))(x)],
      {
        device,
      },
    );
    const { buffers } = both.plan(packed, zeros([rows, 64]));
    assert.ok(buffers.every(({ kind, size }) => kind !== "temporary" || size < 64 * 48));
  }),
);

test("matrices and filters are stored in pairs; tables are whole, as values are", () => {
  const params = {
    tokens: Embedding.init(key(1), { symbols: 8, width: 8 }),
    fc: Linear.init(key(2), { inputs: 8, outputs: 4 }),
    conv: Conv.init(key(3), { channels: 8, filters: 4, size: 3 }),
  };
  assert.equal(formatsOf(params, matrices(pairsOf(Compress.int8))), {
    "tokens.table": { ...Compress.int8, axis: 0 },
    "fc.weight": pairsOf(Compress.int8),
    "fc.bias": { kind: "dense" },
    "conv.weight": pairsOf(Compress.int8),
    "conv.bias": { kind: "dense" },
  });
  assert.equal(formatsOf(params, matrices(pairsOf(undefined)))["tokens.table"], { kind: "dense" });
});

test("what was pruned more before is stored as well", () => {
  const w = normal(key(9), [16, 8]);
  const half = Compress.magnitude({ sparsity: 0.7, choose: true })(w);
  const params = { w: evaluate(Compress.makePermanent(nOfM({ choose: true })(w, half))(w)) };
  const formats = { w: pairsOf(undefined) };
  assertTreesClose(unpack(formats)(pack(formats)(params)), params, 0);
});

test("leaves that are not two of four, do not divide or are no f32 are refused, by name", () => {
  const of = (w: Tensor, format = pairsOf(undefined)): string =>
    messageOf(() => pack({ "fc.weight": format })({ fc: { weight: w } }));
  assert.is(
    of(tensor([[1], [2], [3], [0]])),
    'pack: two of every four of "fc.weight" that are not 0 expected, got 1, 2, 3, 0 in [4, 1]\nhint: prune with nOfM({ n: 2, m: 4 }) and makePermanent first',
  );
  assert.is(
    of(zeros([6, 4])),
    'pack: groups of 4 that divide axis 0 of "fc.weight" expected, got [6, 4]\nhint: leaves whose inputs are no multiple of 4 have to stay dense',
  );
  assert.is(of(zeros([4, 4], "f64")), 'pack: dtype f32 of "fc.weight" expected, got f64');
  assert.is(
    of(zeros([4, 4]), pairsOf({ kind: "quantized", bits: 8, per: { group: 3 } })),
    'pack: a group size that divides axis 0 of "fc.weight.values", 2, expected, got 3\nhint: divisors near it are 2',
  );
});

test("come back from a file, bit for bit, with their format", () =>
  inFolder(async (folder) => {
    const path = join(folder, "pairs");
    for (const kept of [undefined, bf16, Compress.int8]) {
      const formats = { w: pairsOf(kept) };
      const packed = pack(formats)({ w: weight(1, [16, 8]) });
      await Compress.savePacked(path, { formats, packed })();
      const found = await Compress.loadPacked<typeof packed>(path)();
      if (E.isLeft(found)) throw new Error(found.left._tag);
      assert.equal(found.right.formats, formats);
      assertTreesClose(unpack(formats)(found.right.packed), unpack(formats)(packed), 0);
    }
  }));

test("formats are read, and what is none is refused", () => {
  const read = (said: unknown) => readFormats({ w: said });
  for (const good of [pairsOf(undefined), pairsOf(bf16, 0), pairsOf(Compress.int4, -1)])
    assert.equal(read(JSON.parse(JSON.stringify(good))), E.right({ w: good }));
  const bad = [
    { kind: "pairs", axis: 0.5 },
    { kind: "pairs", values: "bf16" },
    { kind: "pairs", values: { kind: "zip" } },
    { kind: "pairs", values: { kind: "pairs" } },
    { kind: "pairs", of: 4 },
  ];
  for (const one of bad) assert.is(read(one)._tag, "Left");
});

test.run();
