// The convolution layer: the ops with a bias, for images and series, grouped or not. PyTorch's values and gradients are in test/golden.

import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import {
  add,
  concat,
  conv1d,
  conv2d,
  expandDims,
  key,
  slice,
  squeeze,
  type Tensor,
  tensor,
  toArray,
  values,
  zeros,
} from "../../src/index.ts";
import { Conv, filledWith } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const params: Conv.Params = { weight: arbitrary([3, 2, 4, 6], 1), bias: arbitrary([6], 2) };
const images = arbitrary([2, 5, 6, 4], 3); // [batch, height, width, channels]

const test = suite("Conv");

test("is conv2d and a bias for each filter", () => {
  const options = { stride: [2, 1], pad: 1, dilation: 2 } as const;
  const expected = add(conv2d(options)(images, params.weight), params.bias as Tensor); // it has one
  assertTreesClose(Conv.apply(params, options)(images), expected, 0);
});

test("is a convolution of series where filters have one axis of taps", () => {
  const weight = arbitrary([3, 4, 5], 1);
  const series = arbitrary([2, 7, 4], 2);
  const found = Conv.apply({ weight }, { stride: 2 })(series);
  assertTreesClose(found, conv1d({ stride: 2 })(series, weight), 0);
  // One row of pixels is a series.
  const rows = Conv.apply(
    { weight: expandDims(0)(weight) },
    { stride: [1, 2] },
  )(expandDims(1)(series));
  assertTreesClose(squeeze(1)(rows), found, 1e-14);
});

test("in groups is a convolution for each part of the channels", () => {
  const weight = arbitrary([3, 2, 2, 6], 1); // two of four channels each
  const part = (x: Tensor, from: number, to: number): Tensor =>
    slice({ start: [0, 0, 0, from], stop: [...x.shape.slice(0, 3), to] })(x);
  const halves = [0, 1].map((i) =>
    Conv.apply({ weight: part(weight, 3 * i, 3 * i + 3) })(part(images, 2 * i, 2 * i + 2)),
  );
  const found = Conv.apply({ weight }, { groups: 2 })(images);
  assertTreesClose(found, concat({ axis: -1 })(halves), 1e-14);
});

test("has gradients in filters, bias and input", () => {
  const f = (p: Conv.Params, x: Tensor) => Conv.apply(p, { stride: 2, pad: 1 })(x);
  assertGradients(f, [params, images]);
});

test("starts by He's rule over the taps that a filter sees, without a bias where it is not wanted", () => {
  const start = Conv.init(key(1), { channels: 8, filters: 32, size: 5, groups: 2 });
  assert.equal([...start.weight.shape], [5, 5, 4, 32]);
  assert.equal(toArray(start.bias as Tensor), Array(32).fill(0)); // it has one
  const drawn = [...values(start.weight)];
  const variance = drawn.reduce((s, w) => s + w * w, 0) / drawn.length;
  assert.ok(Math.abs(variance - 0.02) < 5 * 0.02 * Math.sqrt(2 / drawn.length), `${variance}`); // 2 / 100
  const bare = {
    channels: 2,
    filters: 3,
    size: [7] as const,
    hasBias: false,
    initial: filledWith(1),
  };
  assert.equal(Object.keys(Conv.init(key(1), bare)), ["weight"]);
  assert.equal([...Conv.init(key(1), bare).weight.shape], [7, 2, 3]);
});

test("keeps the size of images with padding the same", () => {
  const { init, apply } = Conv.module({ channels: 4, filters: 3, size: [3, 2], pad: "same" });
  assert.equal([...apply(init(key(1)))(zeros([1, 5, 6, 4])).shape], [1, 5, 6, 3]);
});

test("adds two neighbours and a bias, by hand", () => {
  const layer = { weight: tensor([[[1]], [[1]]]), bias: tensor([0.5]) };
  assert.equal(toArray(Conv.apply(layer)(tensor([[[1], [2], [4]]]))), [[[3.5], [6.5]]]);
});

test("refuses groups that do not divide the channels", () => {
  assert.is(
    messageOf(() => Conv.init(key(0), { channels: 3, filters: 4, size: 3, groups: 2 })),
    "Conv.init: groups that divide 3 channels expected, got 2",
  );
});

test.run();
