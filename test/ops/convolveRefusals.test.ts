// What convolutions refuse, and in which words.

import * as assert from "uvu/assert";
import { conv1d, conv2d, convTranspose2d, type Tensor, zeros } from "../../src/index.ts";
import { messageOf } from "../support/messages.ts";
import { suite } from "../support/suite.ts";

type Op = (x: Tensor, w: Tensor) => Tensor;

const refused = suite("refused convolutions");

const untyped2d = conv2d as unknown as (options: object) => Op;
const untypedTransposed = convTranspose2d as unknown as (options: object) => Op;

refused("name the channels that differ", () => {
  assert.is(
    messageOf(() => untyped2d({})(zeros([1, 5, 5, 3]), zeros([3, 3, 4, 8]))),
    "conv2d: channels of input and filter equal expected, got [1, 5, 5, 3] and [3, 3, 4, 8] (3 ≠ 4)",
  );
  assert.is(
    messageOf(() => untyped2d({ groups: 2 })(zeros([1, 5, 5, 4]), zeros([3, 3, 4, 8]))),
    "conv2d: channels of input and filter equal expected, got [1, 5, 5, 4] and [3, 3, 4, 8] (4 ≠ 4 · 2)",
  );
  assert.is(
    messageOf(() => untypedTransposed({})(zeros([1, 5, 5, 3]), zeros([3, 3, 3, 8]))),
    "convTranspose2d: channels of input and filter equal expected, got [1, 5, 5, 3] and [3, 3, 3, 8] (3 ≠ 8)",
  );
});

refused("say which groups divide", () => {
  const message = "conv2d: a number of groups that divides";
  assert.is(
    messageOf(() => untyped2d({ groups: 3 })(zeros([1, 5, 5, 4]), zeros([3, 3, 1, 6]))),
    `${message} 4 channels expected, got 3`,
  );
  assert.is(
    messageOf(() => untyped2d({ groups: 2 })(zeros([1, 5, 5, 4]), zeros([3, 3, 2, 5]))),
    `${message} 5 filters expected, got 2`,
  );
  assert.is(
    messageOf(() => untypedTransposed({ groups: 2 })(zeros([1, 5, 5, 3]), zeros([3, 3, 2, 3]))),
    "convTranspose2d: a number of groups that divides 3 filters expected, got 2",
  );
  assert.is(
    messageOf(() => untyped2d({ groups: 0 })(zeros([1, 5, 5, 4]), zeros([3, 3, 2, 5]))),
    "conv2d: a whole number of groups ≥ 1 expected, got 0",
  );
});

refused("show windows that do not fit", () => {
  assert.is(
    messageOf(() => conv2d({ pad: [0, 1] })(zeros([1, 2, 5, 1]), zeros([3, 3, 1, 1]))),
    "conv2d: windows no larger than the padded input expected, got windows [3, 3] and input [2, 7]",
  );
  assert.is(
    messageOf(() => conv1d({ dilation: 4 })(zeros([1, 8, 1]), zeros([3, 1, 1]))),
    "conv1d: windows no larger than the padded input expected, got windows [9] and input [8]",
  );
});

refused("ask for whole options", () => {
  const call = (options: object) =>
    messageOf(() => untyped2d(options)(zeros([1, 5, 5, 1]), zeros([3, 3, 1, 1])));
  const rule = (what: string) => `conv2d: a whole ${what}, or one for each of 2 axes, expected`;
  assert.is(call({ stride: 0 }), `${rule("stride ≥ 1")}, got 0`);
  assert.is(call({ stride: [1, 2, 3] }), `${rule("stride ≥ 1")}, got [1, 2, 3]`);
  assert.is(call({ dilation: 1.5 }), `${rule("dilation ≥ 1")}, got 1.5`);
  assert.is(call({ pad: -1 }), `${rule("pad ≥ 0")}, got -1`);
  assert.is(call({ pad: "valid" }), `${rule("pad ≥ 0")}, got valid`);
  assert.is(
    messageOf(() => conv1d({ stride: -2 })(zeros([1, 5, 1]), zeros([3, 1, 1]))),
    "conv1d: a whole stride ≥ 1 expected, got -2",
  );
});

refused("say which axes are meant", () => {
  assert.is(
    messageOf(() => untyped2d({})(zeros([5, 5, 1]), zeros([3, 3, 1, 1]))),
    "conv2d: rank 4 expected, got [5, 5, 1]\nhint: axes are [batch, height, width, channels]",
  );
  assert.is(
    messageOf(() => (conv1d as unknown as Op)(zeros([2, 5, 1]), zeros([3, 1]))),
    "conv1d: rank 3 expected, got [3, 1]\nhint: axes are [width, channels / groups, filters]",
  );
});

refused("name dtypes that are no floats, or differ", () => {
  const w = zeros([3, 3, 1, 1]);
  assert.is(
    messageOf(() => untyped2d({})(zeros([1, 5, 5, 1], "i32"), w)),
    "conv2d: dtype f32 or f64 expected, got i32\nhint: convert it with cast",
  );
  assert.is(
    messageOf(() => untyped2d({})(zeros([1, 5, 5, 1], "f64"), w)),
    "conv2d: equal dtypes expected, got f64 and f32",
  );
  assert.is(
    messageOf(() => untyped2d({})(zeros([1, 5, 5, 1], "f16"), w)),
    'conv2d: dtype f32, f64, i32 or bool expected, got f16\nhint: f16 is for storage: cast("f32")(x) first',
  );
});

refused("need taps, and a result", () => {
  assert.is(
    messageOf(() => conv2d(zeros([1, 5, 5, 1]), zeros([0, 3, 1, 1]))),
    "conv2d: filters of at least one tap expected, got [0, 3, 1, 1]",
  );
  const y = zeros([1, 1, 5, 1]);
  assert.is(
    messageOf(() => convTranspose2d({ pad: 1 })(y, zeros([2, 3, 1, 1]))),
    "convTranspose2d: a result of at least one element along each axis expected, got [0, 5] from [1, 5]",
  );
  assert.is(
    messageOf(() => convTranspose2d({ stride: 2, outputPad: 2 })(y, zeros([2, 3, 1, 1]))),
    "convTranspose2d: outputPad below the stride expected, got [2, 2]",
  );
  assert.is(
    messageOf(() =>
      convTranspose2d({ stride: 2, pad: "same", outputPad: 1 })(y, zeros([2, 3, 1, 1])),
    ),
    'convTranspose2d: outputPad 0 with pad "same" expected, got [1, 1]',
  );
});

refused.run();
