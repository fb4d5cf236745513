// Batch, group and root-mean-square normalisation: what they make equal, what they do not see, and running values. PyTorch's values
// and gradients are in test/golden; layer normalisation has a file of its own.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import {
  add,
  cast,
  concat,
  grad,
  mapTree,
  mean,
  mul,
  onesLike,
  reshape,
  slice,
  square,
  sum,
  type Tensor,
  tensor,
  toArray,
  variance,
  zeros,
  zerosLike,
} from "../../src/index.ts";
import { BatchNorm, GroupNorm, LayerNorm, RmsNorm } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const f64 = <P>(params: P): P => mapTree(params, cast("f64"));
const affine = (features: number) => ({
  gain: arbitrary([features], 1),
  bias: arbitrary([features], 2),
});
const images = arbitrary([2, 3, 2, 4], 3); // [batch, height, width, channels]
const exact = { epsilon: 0 };

const batch = suite("BatchNorm");
const start = f64(BatchNorm.initState(4));
const plain = f64(BatchNorm.init(4));

batch(
  "gives every feature mean 0 and variance 1 over the batch",
  forAll(
    { rows: fc.integer({ min: 2, max: 6 }), features: fc.integer({ min: 1, max: 4 }) },
    { runs: 15 },
  )(({ rows, features }) => {
    const x = arbitrary([rows, 2, features], 4);
    const params = f64(BatchNorm.init(features));
    const { y } = BatchNorm.train(params, f64(BatchNorm.initState(features)), exact)(x);
    assertTreesClose(mean({ axis: [0, 1] })(y), zeros([features], "f64"), 1e-12);
    const spread = variance({ axis: [0, 1], correction: 0 })(y);
    assertTreesClose(spread, onesLike(spread), 1e-12);
  }),
);

batch("does not see scale and shift of a feature in training", () => {
  const normalise = (x: Tensor) => BatchNorm.train(affine(4), start, exact)(x).y;
  const moved = add(mul(images, tensor([2, 3, 5, 7], { dtype: "f64" })), 100);
  assertTreesClose(normalise(moved), normalise(images), 1e-11); // 100 costs two digits
});

batch("follows mean and unbiased variance of the batch by a tenth", () => {
  const { state } = BatchNorm.train(plain, start)(images);
  const over = { axis: [0, 1, 2] };
  const expected = {
    mean: mul(mean(over)(images), 0.1),
    variance: add(mul(variance({ ...over, correction: 1 })(images), 0.1), 0.9),
  };
  assertTreesClose(state, expected, 1e-14);
});

batch(
  "infers what it trained on as in training once the running values are those of the batch",
  () => {
    const { y, state } = BatchNorm.train(affine(4), start, { momentum: 1 })(images);
    const n = 12; // values for each feature: the running variance is unbiased, training is not
    const biased = { ...state, variance: mul(state.variance, (n - 1) / n) };
    assertTreesClose(BatchNorm.infer(affine(4), biased)(images), y, 1e-13);
  },
);

batch("infers every example alone", () => {
  const state = { mean: arbitrary([4], 5), variance: add(square(arbitrary([4], 6)), 0.1) };
  const infer = BatchNorm.infer(affine(4), state);
  const halves = [0, 1].map((i) => infer(slice({ start: [i], stop: [i + 1] })(images)));
  assertTreesClose(concat({ axis: 0 })(halves), infer(images), 0);
});

batch("has gradients in parameters and input, in training and inference", () => {
  const trained = (p: BatchNorm.Params, x: Tensor) => BatchNorm.train(p, start)(x).y;
  assertGradients(trained, [affine(4), images]);
  const inferred = (p: BatchNorm.Params, x: Tensor) => BatchNorm.infer(p, start)(x);
  assertGradients(inferred, [affine(4), images]);
});

batch("lets no gradient through the running values", () => {
  const next = (x: Tensor) => {
    const { state } = BatchNorm.train(plain, start)(x);
    return add(sum(state.mean), sum(state.variance));
  };
  assertTreesClose(grad(next)(images), zerosLike(images), 0);
});

batch("follows and normalises four numbers by hand", () => {
  const params = { gain: tensor([2]), bias: tensor([10]) };
  const state = { mean: tensor([1]), variance: tensor([1]) };
  const trained = BatchNorm.train(params, state, { momentum: 0.5, epsilon: 0 })(
    tensor([[4], [4], [8], [8]]), // mean 6, biased variance 4, unbiased 16/3
  );
  assertTreesClose(trained.y, tensor([[8], [8], [12], [12]]), 1e-6);
  const next = { mean: tensor([3.5]), variance: tensor([0.5 + 8 / 3]) };
  assertTreesClose(trained.state, next, 1e-6);
});

batch("refuses one value for a feature", () => {
  const rule = "[..., features] with two values or more for each feature expected, got [1, 4]";
  assert.is(
    messageOf(() => BatchNorm.train(plain, start)(zeros([1, 4], "f64"))),
    `BatchNorm.train: ${rule}\nhint: use BatchNorm.infer`,
  );
});

batch.run();

const group = suite("GroupNorm");

group("gives every group of an example mean 0 and variance 1", () => {
  const y = GroupNorm.apply(f64(GroupNorm.init(4)), { groups: 2, ...exact })(images);
  const grouped = reshape([2, 6, 2, 2])(y); // [batch, positions, groups, channels]
  const zero = zeros([2, 2], "f64");
  assertTreesClose(mean({ axis: [1, 3] })(grouped), zero, 1e-13);
  assertTreesClose(variance({ axis: [1, 3], correction: 0 })(grouped), onesLike(zero), 1e-12);
});

group("in one group is layer normalisation where an example is a row", () => {
  const rows = arbitrary([3, 6], 7);
  const grouped = GroupNorm.apply(affine(6), { groups: 1 })(rows);
  assertTreesClose(grouped, LayerNorm.apply(affine(6))(rows), 1e-14);
});

group("treats every example alone", () => {
  const normalise = GroupNorm.apply(affine(4), { groups: 2 });
  const halves = [0, 1].map((i) => normalise(slice({ start: [i], stop: [i + 1] })(images)));
  assertTreesClose(concat({ axis: 0 })(halves), normalise(images), 1e-15);
});

group("has gradients in parameters and input", () => {
  const f = (p: GroupNorm.Params, x: Tensor) => GroupNorm.apply(p, { groups: 2 })(x);
  assertGradients(f, [affine(4), images]);
});

group("refuses groups that do not divide the channels", () => {
  assert.is(
    messageOf(() => GroupNorm.apply(plain, { groups: 3 })(images)),
    "GroupNorm.apply: [batch, ..., channels] with channels in equal groups expected, got [2, 3, 2, 4] in 3 groups",
  );
});

group.run();

const rms = suite("RmsNorm");

rms("gives every row root mean square 1", () => {
  const x = arbitrary([3, 5], 8);
  const y = RmsNorm.apply(f64(RmsNorm.init(5)), exact)(x);
  const power = mean({ axis: -1 })(square(y));
  assertTreesClose(power, onesLike(power), 1e-14);
});

rms("does not see the scale of a row", () => {
  const x = arbitrary([3, 5], 8);
  const normalise = RmsNorm.apply({ gain: arbitrary([5], 9) }, exact);
  assertTreesClose(normalise(mul(x, 1000)), normalise(x), 1e-13);
});

rms("is layer normalisation of rows of mean 0", () => {
  const x = arbitrary([3, 5], 8);
  const centred = add(x, mul(mean({ axis: -1, keepDims: true })(x), -1));
  const { gain } = affine(5);
  const layered = LayerNorm.apply({ gain, bias: zerosLike(gain) })(centred);
  assertTreesClose(RmsNorm.apply({ gain })(centred), layered, 1e-13);
});

rms("has gradients in gain and input", () => {
  const f = (p: RmsNorm.Params, x: Tensor) => RmsNorm.apply(p)(x);
  assertGradients(f, [{ gain: arbitrary([4], 1) }, arbitrary([3, 4], 2)]);
});

rms("takes 3 and 4 to the unit circle times √2, by hand", () => {
  const y = RmsNorm.apply(RmsNorm.init(2), exact)(tensor([3, 4]));
  assertTreesClose(y, tensor([0.6 * Math.SQRT2, 0.8 * Math.SQRT2]), 1e-6);
  assert.equal(toArray(RmsNorm.apply(RmsNorm.init(2))(zeros([2]))), [0, 0]);
});

rms.run();
