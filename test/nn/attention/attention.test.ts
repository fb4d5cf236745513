// Attention: weights are shares, masks hide, order of keys does not matter, and heads are parts of the width. PyTorch's values and
// gradients are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../../src/core/run/checkGradients.ts";
import {
  add,
  cast,
  concat,
  eye,
  flip,
  key,
  mapTree,
  mul,
  ones,
  reshape,
  slice,
  sum,
  type Tensor,
  tensor,
  toArray,
  vmap,
  zeros,
} from "../../../src/index.ts";
import { Attention, lift, sequential } from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { arbitrary } from "../../support/slopes.ts";
import { suite } from "../../support/suite.ts";

const q = arbitrary([2, 3, 4], 1); // [batch, queries, width]
const k = arbitrary([2, 5, 4], 2); // [batch, keys, width]
const v = arbitrary([2, 5, 6], 3); // [batch, keys, values]
const mask = tensor([
  [true, false, true, true, false],
  [false, true, true, false, false],
  [true, true, true, true, true],
]);

const test = suite("Attention");

test(
  "gives weights that add up to 1, none to what is hidden",
  forAll(
    { queries: fc.integer({ min: 1, max: 4 }), offset: fc.nat(3), seed: fc.nat(100) },
    { runs: 20 },
  )(({ queries, offset, seed }) => {
    const keys = queries + offset;
    const shares = Attention.weights({ causal: true, offset })(
      arbitrary([queries, 3], seed),
      arbitrary([keys, 3], seed + 1),
    );
    assertTreesClose(sum({ axis: -1 })(shares), ones([queries], "f64"), 1e-14);
    const rows = toArray(shares) as number[][];
    rows.forEach((row, i) => {
      row.forEach((share, j) => {
        assert.is(share > 0, j <= i + offset, `query ${i}, key ${j}`);
      });
    });
  }),
);

test("does not see the order of keys", () => {
  const mirrored = Attention.scaledDotProduct()(q, flip({ axis: 1 })(k), flip({ axis: 1 })(v));
  assertTreesClose(mirrored, Attention.scaledDotProduct()(q, k, v), 1e-14);
});

test("does not see keys that a mask hides", () => {
  const seen = tensor([true, true, true, false, false]);
  const kept = (x: Tensor): Tensor => slice({ start: [0, 0], stop: [2, 3] })(x);
  const alone = Attention.scaledDotProduct()(q, kept(k), kept(v));
  assertTreesClose(Attention.scaledDotProduct({ mask: seen })(q, k, v), alone, 1e-14);
});

test("of a causal step with an offset is the last rows of the whole", () => {
  const all = arbitrary([2, 5, 4], 4);
  const whole = Attention.scaledDotProduct({ causal: true })(all, k, v);
  const last = (x: Tensor): Tensor => slice({ start: [0, 3], stop: [2, 5] })(x);
  const step = Attention.scaledDotProduct({ causal: true, offset: 3 })(last(all), k, v);
  assertTreesClose(step, last(whole), 1e-14);
});

test("takes masks of floats as they come, −∞ included", () => {
  const hidden = tensor([0, 0, 0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], {
    dtype: "f64",
  });
  const seen = tensor([true, true, true, false, false]);
  const byFloats = Attention.scaledDotProduct({ mask: hidden })(q, k, v);
  assertTreesClose(byFloats, Attention.scaledDotProduct({ mask: seen })(q, k, v), 1e-14);
  const moved = add(zeros([3, 5], "f64"), 7); // the same for all keys
  const same = Attention.scaledDotProduct({ mask: moved })(q, k, v);
  assertTreesClose(same, Attention.scaledDotProduct()(q, k, v), 1e-14);
});

test("gives nothing of what is behind a causal query from which floats take all else", () => {
  for (const least of [Number.NEGATIVE_INFINITY, -3e38]) {
    const padding = tensor([least, least, 0, 0, 0], { dtype: "f32" });
    const [two, five] = [ones([3, 4]), ones([5, 4])];
    const shares = toArray(Attention.weights({ causal: true, mask: padding })(two, five));
    assert.equal(shares, [
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
      [0, 0, 1, 0, 0],
    ]);
  }
});

test("gives 0, not NaN, to a query that sees nothing, and finite gradients", () => {
  const none = tensor([
    [false, false, false, false, false],
    [true, true, true, true, true],
  ]);
  const two = arbitrary([2, 4], 1);
  const attend = (at: Tensor): Tensor =>
    Attention.scaledDotProduct({ mask: none })(at, arbitrary([5, 4], 2), arbitrary([5, 2], 3));
  assert.equal((toArray(attend(two)) as number[][])[0], [0, 0]);
  assertGradients(attend, [two]);
});

test("of equal keys is the mean of values, scaled or not", () => {
  const shares = Attention.weights({ scale: 3 })(q, ones([2, 5, 4], "f64"));
  assertTreesClose(shares, mul(ones([2, 3, 5], "f64"), 0.2), 1e-15);
});

test("hands its weights to dropout", () => {
  const halved = Attention.scaledDotProduct({ dropout: (shares) => mul(shares, 0.5) })(q, k, v);
  assertTreesClose(halved, mul(Attention.scaledDotProduct()(q, k, v), 0.5), 1e-15);
});

test("has gradients in queries, keys and values", () => {
  assertGradients(
    (...x: [Tensor, Tensor, Tensor]) => Attention.scaledDotProduct({ mask })(...x),
    [q, k, v],
  );
});

const [width, heads] = [6, 3];
const params: Attention.Params = {
  input: { weight: arbitrary([width, 3 * width], 5), bias: arbitrary([3 * width], 6) },
  output: { weight: arbitrary([width, width], 7), bias: arbitrary([width], 8) },
};
const x = arbitrary([2, 4, width], 9);
const context = arbitrary([2, 5, width], 10);

test("to a context that is x itself is self-attention", () => {
  const copy = add(x, 0);
  const attend = Attention.apply(params, { heads, causal: true });
  assertTreesClose(attend(x, copy), attend(x), 1e-14);
});

test("with one head and no projections is scaled dot-product attention", () => {
  const one = cast("f64")(eye(width));
  const plain: Attention.Params = {
    input: { weight: concat({ axis: 1 })([one, one, one]), bias: zeros([3 * width], "f64") },
    output: { weight: one, bias: zeros([width], "f64") },
  };
  const found = Attention.apply(plain, { heads: 1 })(x, context);
  assertTreesClose(found, Attention.scaledDotProduct()(x, context, context), 1e-14);
});

test("takes any number of leading axes, each example alone", () => {
  const attend = Attention.apply(params, { heads });
  assertTreesClose(vmap((one: Tensor) => attend(one))(x), attend(x), 1e-14);
  const deep = reshape([1, 2, 4, width])(x);
  assertTreesClose(attend(deep), reshape([1, 2, 4, width])(attend(x)), 1e-15);
});

test("without a mask commutes with any order of time", () => {
  const attend = Attention.apply(params, { heads });
  const mirror = flip({ axis: 1 });
  assertTreesClose(attend(mirror(x)), mirror(attend(x)), 1e-14);
});

test("has gradients in parameters, input and context", () => {
  const f = (p: Attention.Params, a: Tensor, b: Tensor) => Attention.apply(p, { heads })(a, b);
  const one = (y: Tensor): Tensor => slice({ stop: [1, 3] })(y);
  assertGradients(f, [params, one(x), one(context)]);
});

test("is a module", () => {
  const net = sequential(
    Attention.module({ width, heads, causal: true }),
    lift((y) => mul(y, 2)),
  );
  const start = mapTree(net.init(key(1)), cast("f64"));
  const byHand = mul(Attention.apply(start[0], { heads, causal: true })(x), 2);
  assertTreesClose(net.apply(start)(x), byHand, 0);
});

test("starts within Glorot's bounds, biases 0", () => {
  const start = Attention.init(key(1), { width: 16 });
  const bound = Math.sqrt(6 / (16 + 48));
  const drawn = (toArray(start.input.weight) as number[][]).flat().map(Math.abs);
  assert.ok(Math.max(...drawn) <= bound && Math.max(...drawn) > 0.9 * bound);
  assert.equal(toArray(start.input.bias), Array(48).fill(0));
  assert.equal([...start.output.weight.shape], [16, 16]);
});

test("refuses heads that do not divide the width, and a negative offset", () => {
  assert.is(
    messageOf(() => Attention.apply(params, { heads: 4 })(x)),
    "Attention.apply: heads that divide 6 expected, got 4",
  );
  assert.is(
    messageOf(() => Attention.weights({ causal: true, offset: -1 })(q, k)),
    "Attention: a whole offset ≥ 0 expected, got -1",
  );
});

test.run();
