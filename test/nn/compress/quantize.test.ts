// Integers from floats: how far numbers move, what stays where it is, which scales are shared, and gradients that pass.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  compile,
  grad,
  mul,
  sum,
  type Tensor,
  TensorError,
  tensor,
  toArray,
  values,
  zeros,
} from "../../../src/index.ts";
import { Compress } from "../../../src/nn/index.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const { dequantize, fakeQuantize, quantize } = Compress;

const test = suite("quantize, dequantize, fakeQuantize");

const bits = fc.constantFrom<8 | 4>(8, 4);
const pers = fc.constantFrom<Compress.Per>(
  ...(["tensor", "channel", "token", { group: 2 }, { group: 4 }] as const),
);
const schemes = fc.record({
  bits,
  per: pers,
  axis: fc.constantFrom(-1, 0),
  symmetric: fc.boolean(),
});
const sizes = fc.constantFrom([4, 4], [8, 4], [2, 3, 4, 8], [4, 8]);

/** Numbers of a shape, of very different sizes, with zeros among them. */
const numbers = (shape: readonly number[]): fc.Arbitrary<Tensor> => {
  const length = shape.reduce((n, m) => n * m, 1);
  const number = fc
    .tuple(fc.integer({ min: -1000, max: 1000 }), fc.constantFrom(0, 1e-3, 1, 1, 1, 50))
    .map(([n, size]) => (n / 1000) * size);
  return fc
    .array(number, { minLength: length, maxLength: length })
    .map((all) => tensor(all, { shape }));
};
const weights = sizes.chain(numbers);

/** The scale of each number: dequantise codes of one more, and take the difference. */
const scalesOf = (scheme: Compress.Scheme, parts: Compress.Quantized): ArrayLike<number> => {
  const ones = { codes: zeros(parts.codes.shape, "i8"), scale: parts.scale };
  const all = values(parts.codes).map(() => 1);
  const codes = tensor([...all], { shape: parts.codes.shape, dtype: "i8" });
  return values(dequantize({ ...scheme, symmetric: true })({ ...ones, codes }));
};

/** Asserts that no number moves by more than half its scale. */
const movesLittle = (scheme: Compress.Scheme, w: Tensor): void => {
  const parts = quantize(scheme)(w);
  const [before, after, scale] = [
    values(w),
    values(dequantize(scheme)(parts)),
    scalesOf(scheme, parts),
  ];
  before.forEach((x, i) => {
    const [s, moved] = [scale[i] as number, Math.abs(x - (after[i] as number))];
    // A quotient of up to 128 is right to about 1e−5 in f32.
    assert.ok(moved <= s * (0.5 + 2e-5), `${x} became ${after[i]} with scale ${s}`);
  });
};

test(
  "moves no number by more than half its scale",
  forAll({ scheme: schemes, w: weights })(({ scheme, w }) => movesLittle(scheme, w)),
);

test(
  "gives the same codes for what codes stand for",
  forAll({ scheme: schemes, w: weights })(({ scheme, w }) => {
    const first = quantize(scheme)(w);
    const second = quantize(scheme)(dequantize(scheme)(first));
    assert.equal(values(second.codes), values(first.codes));
    if (first.zero !== undefined) assert.equal(values(second.zero as Tensor), values(first.zero));
  }),
);

test(
  "keeps zero, and codes in their range",
  forAll({ scheme: schemes, w: weights })(({ scheme, w }) => {
    const parts = quantize(scheme)(w);
    const after = values(dequantize(scheme)(parts));
    values(w).forEach((x, i) => {
      if (x === 0) assert.ok((after[i] as number) === 0);
    });
    const end = scheme.bits === 8 ? 128 : 8;
    assert.ok(
      values(parts.codes).every((c) => c >= (scheme.symmetric ? 1 - end : -end) && c < end),
    );
    assert.is(parts.codes.dtype, scheme.bits === 8 ? "i8" : "i4");
    assert.equal(parts.codes.shape, w.shape);
  }),
);

test(
  "keeps the least and the greatest number within half a scale where the range is theirs",
  forAll({ bits, w: numbers([4, 4]) })(({ bits: of, w }) => {
    const scheme = { bits: of, per: "tensor", symmetric: false } as const;
    const parts = quantize(scheme)(w);
    const [before, after] = [values(w), values(dequantize(scheme)(parts))];
    const half = (values(parts.scale)[0] as number) * (0.5 + 2e-5);
    assert.ok(Math.abs(Math.min(...before) - Math.min(...after)) <= half);
    assert.ok(Math.abs(Math.max(...before) - Math.max(...after)) <= half);
  }),
);

test(
  "in groups as long as the axis is per channel",
  forAll({ bits, symmetric: fc.boolean(), axis: fc.constantFrom(-1, 0), w: numbers([8, 8]) })(
    ({ w, ...scheme }) => {
      const [grouped, whole] = [{ group: 8 }, "channel" as const].map((per) =>
        quantize({ ...scheme, per })(w),
      ) as [Compress.Quantized, Compress.Quantized];
      assert.equal(values(grouped.codes), values(whole.codes));
      assert.equal(values(grouped.scale), values(whole.scale));
    },
  ),
);

test(
  "per token is per row, per channel of the transposed per channel of the other axis",
  forAll({ bits, symmetric: fc.boolean(), w: numbers([4, 8]) })(({ w, ...scheme }) => {
    const tokens = quantize({ ...scheme, per: "token" })(w);
    const rows = quantize({ ...scheme, per: "channel", axis: 0 })(w);
    assert.equal(toArray(tokens.codes), toArray(rows.codes));
    assert.equal(toArray(tokens.scale), toArray(rows.scale));
  }),
);

test("a scale for each group of the input axis, which is the last but that of the channels", () => {
  const shapeOf = (shape: readonly number[], scheme: Omit<Compress.Scheme, "bits">) =>
    quantize({ bits: 4, ...scheme })(zeros(shape)).scale.shape;
  assert.equal(shapeOf([64, 10], { per: { group: 32 } }), [2, 10]);
  assert.equal(shapeOf([10, 64], { per: { group: 32 }, axis: 0 }), [10, 2]);
  assert.equal(shapeOf([3, 3, 8, 16], { per: { group: 4 } }), [3, 3, 2, 16]);
  assert.equal(shapeOf([3, 3, 8, 16], { per: "channel" }), [1, 1, 1, 16]);
  assert.equal(shapeOf([8], { per: { group: 4 } }), [2]);
});

test("a channel of zeros has the scale 1, the least normal numbers too", () => {
  const w = tensor([
    [0, 1e-40],
    [0, -1e-40],
  ]);
  for (const symmetric of [true, false]) {
    const scheme = { bits: 8, per: "channel", symmetric } as const;
    const parts = quantize(scheme)(w);
    assert.equal(toArray(parts.scale), [[1, 1]]);
    assert.ok(values(dequantize(scheme)(parts)).every((x) => x === 0));
  }
});

test("the range of numbers near the largest is finite", () => {
  const scheme = { bits: 8, per: "tensor", symmetric: false } as const;
  const w = tensor([-3e38, 3e38]);
  assert.ok(values(dequantize(scheme)(quantize(scheme)(w))).every(Number.isFinite));
});

test("NaN and infinities leave nothing finite of what shares their scale, and all else as it is", () => {
  for (const flaw of [Number.NaN, Infinity])
    for (const symmetric of [true, false])
      for (const f of [
        fakeQuantize({ bits: 8, per: "token", symmetric }),
        (x: Tensor) => {
          const scheme = { bits: 8, per: "token", symmetric } as const;
          return dequantize(scheme)(quantize(scheme)(x));
        },
      ]) {
        const y = values(
          f(
            tensor([
              [flaw, 0.3],
              [0, 1.27],
            ]),
          ),
        );
        assert.ok(!Number.isFinite(y[0]) && !Number.isFinite(y[1]), `${flaw}, ${symmetric}: ${y}`);
        assert.ok(y[2] === 0 && Math.abs((y[3] as number) - 1.27) < 0.006);
      }
});

test(
  "takes odd sizes, a row and a column",
  forAll({
    bits,
    per: fc.constantFrom<Compress.Per>("tensor", "channel", "token", { group: 1 }, { group: 3 }),
    symmetric: fc.boolean(),
    w: fc.constantFrom([3, 5], [9, 1], [3, 1], [3]).chain(numbers),
  })(({ w, ...scheme }) => movesLittle(scheme, w)),
);

test("computes by hand: 8 bits symmetric, 4 bits with a zero", () => {
  const w = tensor([[1.27, -0.5, 0.004]]);
  assert.equal([...values(quantize({ bits: 8, per: "tensor" })(w).codes)], [127, -50, 0]);
  const { codes, scale, zero } = quantize({ bits: 4, per: "tensor", symmetric: false })(
    tensor([[-0.5, 0, 1]]),
  );
  assert.equal([...values(codes)], [-8, -3, 7]); // 0 is code −3
  assert.equal([...values(zero as Tensor)], [-3]);
  assert.is((values(scale)[0] as number).toFixed(4), "0.1000");
});

test(
  "rounds as quantising and back does, compiled too, and lets every gradient pass",
  forAll(
    { scheme: schemes, w: weights },
    { runs: 40 },
  )(({ scheme, w }) => {
    const fake = fakeQuantize(scheme);
    const expected = values(dequantize(scheme)(quantize(scheme)(w)));
    // Where 0 − 0 may be of either sign.
    const close = (x: number, i: number): boolean => x === (expected[i] as number);
    assert.ok(values(fake(w)).every(close));
    const g = tensor(
      values(w).map((_, i) => i + 1),
      { shape: w.shape },
    );
    assert.equal(values(grad((x: Tensor) => sum(mul(fake(x), g)))(w)), values(g));
  }),
);

test("clip cuts the range, and the gradient outside of it", () => {
  const scheme = { bits: 4, per: "tensor", clip: 0.5 } as const;
  const w = tensor([8, 1, -5, 3.9]); // −4 … 4 is kept
  assert.equal([...values(quantize(scheme)(w).codes)], [7, 2, -7, 7]);
  const slopes = grad((x: Tensor) => sum(fakeQuantize(scheme)(x)))(w);
  assert.equal([...values(slopes)], [0, 1, 0, 1]);
  const shifted = { bits: 8, per: "tensor", symmetric: false, clip: 0.5 } as const;
  const wide = tensor([-10, 0, 4, 20]);
  const kept = values(fakeQuantize(shifted)(wide));
  assert.ok(Math.abs((kept[0] as number) + 5) < 0.1 && Math.abs((kept[3] as number) - 10) < 0.1);
  assert.equal([...values(grad((x: Tensor) => sum(fakeQuantize(shifted)(x)))(wide))], [0, 1, 1, 0]);
});

test("is a function of tensors: compiled, the codes are the same", () => {
  const w = tensor([
    [0.3, -2, 1.1, 0.7],
    [5, 0.01, -0.2, 3],
  ]);
  for (const scheme of [
    { bits: 8, per: "token" },
    { bits: 4, per: { group: 2 }, symmetric: false },
  ] as const) {
    const run = compile((x: Tensor) => quantize(scheme)(x));
    assert.equal(values(run(w).codes), values(quantize(scheme)(w).codes));
  }
});

test("says what does not fit", () => {
  const of = (scheme: unknown, shape: readonly number[] = [100, 8]) =>
    messageOf(() => quantize(scheme as Compress.Scheme)(zeros(shape)));
  assert.is(
    of({ bits: 4, per: { group: 64 } }),
    "quantize: a group size that divides axis 0, 100, expected, got 64\nhint: divisors near it are 50 and 100",
  );
  assert.is(of({ bits: 3, per: "tensor" }), "quantize: 8 or 4 bits expected, got 3");
  assert.is(
    of({ bits: 8, per: "tensor", clip: 0 }),
    "quantize: a share of the range in 0…1 expected, got 0",
  );
  assert.is(of({ bits: 8, per: "token" }, []), "quantize: an axis or more expected, got shape []");
  assert.throws(
    () => quantize({ bits: 8, per: "tensor" })(zeros([2], "i32")),
    (error: unknown) => error instanceof TensorError && error.problem._tag === "DtypeMismatch",
  );
  const parts = quantize({ bits: 8, per: "channel" })(zeros([4, 8]));
  assert.is(
    messageOf(() => dequantize({ bits: 8, per: { group: 2 } })(parts)),
    "dequantize: scales [2,8] expected, got [1,8]",
  );
  const shifted = { bits: 8, per: "tensor", symmetric: false } as const;
  const { codes, scale, zero } = quantize(shifted)(tensor([1, 2]));
  assert.is(
    messageOf(() => dequantize(shifted)({ codes, scale })),
    "dequantize: the codes of 0 expected, got none\nhint: parts are those of one scheme, symmetric or not",
  );
  assert.is(
    messageOf(() =>
      dequantize({ ...shifted, symmetric: true })({ codes, scale, zero: zero as Tensor }),
    ),
    "dequantize: no codes of 0 expected, got zero [1]\nhint: parts are those of one scheme, symmetric or not",
  );
  assert.is(
    messageOf(() => dequantize(shifted)({ codes, scale, zero: zeros([2], "i8") })),
    "dequantize: zeros [1] expected, got [2]",
  );
});

test.run();
