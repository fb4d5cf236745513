// Bad input to ops: the exact message of every mistake, and the line that made it. What transforms, compiled functions and devices
// say no to is in refusals.test.ts: the gradient of what is no scalar, tensors of another trace, unknown devices.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pipe } from "fp-ts/lib/function.js";
import * as assert from "uvu/assert";
import {
  add,
  all,
  any,
  arange,
  argmax,
  argmin,
  cast,
  clamp,
  concat,
  conv2d,
  cumsum,
  div,
  dot,
  einsum,
  exp,
  expand,
  expandDims,
  eye,
  flip,
  full,
  item,
  logicalAnd,
  logSumExp,
  matmul,
  max,
  mean,
  min,
  mul,
  oneHot,
  ones,
  outer,
  pad,
  permute,
  prod,
  reshape,
  scatterAdd,
  slice,
  softmax,
  sort,
  split,
  squeeze,
  stack,
  sum,
  type Tensor,
  TensorError,
  take,
  takeAlongAxis,
  tanh,
  tensor,
  tile,
  toArray,
  topK,
  transpose,
  values,
  where,
  zeros,
} from "../../src/index.ts";
import { suite } from "../support/suite.ts";

const ownLines = readFileSync(fileURLToPath(import.meta.url), "utf8").split("\n");

const hint = " — hint: ";

/**
 * Declares a test for each message: the call throws it, and the last line says where in this file, which is beside the message. The
 * hint stands on the same line here: messages become names of functions, and a name of two lines would break a stack trace.
 */
const refusals = (name: string, calls: Readonly<Record<string, () => unknown>>): void => {
  const test = suite(name);
  for (const [expected, call] of Object.entries(calls)) {
    test(expected, () => {
      const [message, site] = messageOf(call);
      assert.is(message, expected.replace(hint, "\nhint: "));
      const place = /^ {2}at .*test\/core\/badInput\.test\.ts:(\d+):\d+$/.exec(site);
      assert.ok(place !== null, `a call site in this file expected, got "${site}"`);
      const start = expected.split(hint)[0] as string;
      const declared = ownLines.findIndex((line) => line.includes(start)) + 1;
      const line = Number(place[1]);
      // The formatter may put the call below its message.
      assert.ok(line >= declared && line <= declared + 2, `line ${declared} expected, got ${line}`);
    });
  }
  test.run();
};

/** The message of what a call throws without its last line, and that line. */
const messageOf = (call: () => unknown): readonly [message: string, site: string] => {
  try {
    call();
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    const lines = error.message.split("\n");
    return [lines.slice(0, -1).join("\n"), lines.at(-1) as string];
  }
  return assert.unreachable("nothing thrown") as never;
};

// Bare tensors, of which the compiler knows no sizes: it would have said no to most of what follows.
const scalar: Tensor = tensor(1);
const vector: Tensor = tensor([1, 2, 3]);
const longer: Tensor = tensor([1, 2, 3, 4]);
const precise: Tensor = tensor([1, 2, 3], { dtype: "f64" });
const matrix: Tensor = tensor([
  [1, 2, 3],
  [4, 5, 6],
]); // [2, 3]
const wide: Tensor = ones([3, 4]);
const whole: Tensor = tensor([0, 1, 2], { dtype: "i32" });
const flags: Tensor = tensor([true, false, true]);
const empty: Tensor = tensor([], { dtype: "f32" });
const noRows: Tensor = zeros([0, 3]);
const half: Tensor = cast("f16")(vector);
const index = (i: number): Tensor => tensor([i], { dtype: "i32" });
/** A value of any type, as JavaScript would pass it. */
const untyped = <T>(value: unknown): T => value as T;

refusals("shapes", {
  "add: shapes that broadcast expected, got [2, 3] and [4] (axis −1: 3 ≠ 4)": () =>
    add(matrix, longer),
  "mul: shapes that broadcast expected, got [3] and [3, 4] (axis −1: 3 ≠ 4)": () =>
    pipe(vector, mul(wide)),
  "where: shapes that broadcast expected, got [3] and [4] (axis −1: 3 ≠ 4)": () =>
    where(flags, longer, 0),
  "matmul: inner dimensions equal expected, got [2, 3] · [4] (3 ≠ 4)": () => matmul(matrix, longer),
  "matmul: inner dimensions equal expected, got [3, 4] · [2, 3] (4 ≠ 2)": () =>
    matmul(wide, matrix),
  "matmul: batch axes that broadcast expected, got [2, 2, 3] · [3, 3, 2] (2 ≠ 3)": () =>
    matmul(ones([2, 2, 3]) as Tensor, ones([3, 3, 2]) as Tensor),
  "matmul: at least one axis expected, got [] · [2, 3] — hint: multiply by a scalar with mul": () =>
    matmul(scalar, matrix),
  "dot: two vectors of equal length expected, got [3] and [4] — hint: use matmul or einsum": () =>
    dot(vector, longer),
  "outer: two vectors expected, got [2, 3] and [3] — hint: use einsum": () => outer(matrix, vector),
  'einsum: 2 labels for operand 1 of shape [2, 3] expected, got "j" in "ij,j->i"': () =>
    einsum("ij,j->i")(matrix, matrix),
  'einsum: equal sizes of axis j in "ij,jk->ik" expected, got [2, 3] and [2, 3] (3 ≠ 2)': () =>
    einsum("ij,jk->ik")(matrix, matrix),
  'einsum: output labels that are distinct and occur in an operand expected, got "ij->k"': () =>
    einsum(untyped<"ij">("ij->k"))(matrix),
  'einsum: an equation such as "ij,jk->ik" expected, got "i;j"': () =>
    einsum(untyped<"ij">("i;j"))(matrix),
  "reshape: a shape of as many elements expected, got [2, 3] → [4] (6 ≠ 4)": () =>
    reshape([4])(matrix),
  "reshape: a shape of as many elements expected, got [2, 3] → [4, -1] (6 is no multiple of 4)":
    () => reshape([4, -1])(matrix),
  "reshape: whole sizes, at most one of them −1, expected, got [-1, -1]": () =>
    reshape(untyped<[6]>([-1, -1]))(matrix),
  "reshape: whole sizes, at most one of them −1, expected, got [1.5, 4]": () =>
    reshape([1.5, 4])(matrix),
  "expand: a shape that it broadcasts to expected, got [2, 3] → [2, 4]": () =>
    expand([2, 4])(matrix),
  "transpose: at least two axes expected, got shape [3]": () => transpose(vector),
  "squeeze: size 1 expected on axis 0, got 2 in [2, 3]": () => squeeze(0)(matrix),
  "pad: [before, after] of whole numbers ≥ 0 for each axis of [2, 3] expected, got [[1,1]]": () =>
    pad({ widths: [[1, 1]] })(matrix),
  "slice: at most 2 entries for shape [2, 3] expected, got 3": () =>
    slice({ start: [0, 0, 0] })(matrix),
  "slice: bounds in −3…3 expected for axis 0 of size 3, got 5": () => slice({ stop: [5] })(vector),
  "slice: bounds in −3…3 expected for axis 0 of size 3, got −4": () =>
    slice({ start: [-4] })(vector),
  "slice: a whole step ≥ 1 expected for axis 0, got -1 — hint: reverse an axis with flip": () =>
    slice({ step: [-1] })(vector),
  "concat: shapes that agree except on axis 0 expected, got [2, 3], [3, 4]": () =>
    concat({ axis: 0 })([matrix, wide]),
  "concat: an array of at least one tensor expected, got none": () => concat({ axis: 0 })([]),
  "stack: equal shapes expected, got [3] and [4]": () => stack()([vector, longer]),
  "split: whole sizes that add up to 3 (axis 0 of [3]) expected, got 2 equal parts": () =>
    split({ parts: 2 })(vector),
  "split: whole sizes that add up to 3 (axis 0 of [3]) expected, got [1, 1]": () =>
    split({ sizes: [1, 1] })(vector),
  "tile: whole repetitions ≥ 0 expected, got [-1]": () => tile([-1])(vector),
  "conv2d: channels of input and filter equal expected, got [1, 4, 4, 3] and [3, 3, 2, 8] (3 ≠ 2)":
    () => conv2d(ones([1, 4, 4, 3]) as Tensor, ones([3, 3, 2, 8]) as Tensor),
  "topK: k in 0…3 expected for axis 0 of [3], got 4": () => topK({ k: 4 })(vector),
  "item: a tensor of one element expected, got shape [3] — hint: use toArray or values": () =>
    item(vector),
});

refusals("axes", {
  "sum: axis in −2…1 expected for rank 2, got 3": () => sum({ axis: 3 })(matrix),
  "sum: axis in −2…1 expected for rank 2, got −3": () => sum({ axis: [0, -3] })(matrix),
  "sum: axis in −2…1 expected for rank 2, got 0.5": () => sum({ axis: 0.5 })(matrix),
  "sum: each axis once expected, got axis −2 twice": () => sum({ axis: [0, -2] })(matrix),
  "mean: a tensor with axes expected, got axis 0 for a scalar": () => mean({ axis: 0 })(scalar),
  "softmax: a tensor with axes expected, got axis −1 for a scalar": () => softmax(scalar),
  "argmax: axis in −1…0 expected for rank 1, got 1": () => argmax({ axis: 1 })(vector),
  "cumsum: axis in −2…1 expected for rank 2, got 2": () => cumsum({ axis: 2 })(matrix),
  "permute: each axis of [2, 3] once expected, got [0, 0]": () => permute([0, 0])(matrix),
  "permute: axis in −2…1 expected for rank 2, got 2": () => permute([0, 2])(matrix),
  "expandDims: axis in −3…2 expected for rank 3, got 4": () => expandDims(4)(matrix),
  "flip: axis in −2…1 expected for rank 2, got 2": () => flip({ axis: 2 })(matrix),
  "concat: a tensor with axes expected, got axis 0 for a scalar": () =>
    concat({ axis: 0 })([scalar]),
  "take: axis in −1…0 expected for rank 1, got 1": () => take({ axis: 1 })(vector, whole),
});

refusals("dtypes", {
  "add: equal dtypes expected, got f32 and f64 — hint: convert one with cast": () =>
    add(vector, precise),
  "matmul: equal dtypes expected, got f32 and f64 — hint: convert one with cast": () =>
    matmul(matrix, precise),
  "where: equal dtypes expected, got f32 and f64 — hint: convert one with cast": () =>
    where(flags, vector, precise),
  "concat: equal dtypes expected, got f32 and i32 — hint: convert one with cast": () =>
    concat({ axis: 0 })([vector, whole]),
  'add: a whole number beside an i32 tensor expected, got 0.5 — hint: cast the tensor with cast("f32") first':
    () => add(whole, 0.5),
  "add: dtype f32, f64 or i32 expected, got bool — hint: convert it with cast": () =>
    add(flags, flags),
  "div: dtype f32 or f64 expected, got i32 — hint: convert it with cast": () => div(whole, 2),
  "exp: dtype f32 or f64 expected, got i32 — hint: convert it with cast": () => exp(whole),
  "mean: dtype f32 or f64 expected, got i32 — hint: convert it with cast": () => mean(whole),
  "softmax: dtype f32 or f64 expected, got i32 — hint: convert it with cast": () => softmax(whole),
  "logicalAnd: dtype bool expected, got f32 — hint: compare first, or cast": () =>
    logicalAnd(flags, vector),
  "any: dtype bool expected, got f32 — hint: compare first, as in any(greater(x, 0))": () =>
    any(vector),
  "where: a condition of dtype bool expected, got f32 — hint: compare first, as in where(greater(x, 0), a, b)":
    () => where(vector, 1, 2),
  'sum: dtype f32, f64 or i32 expected, got bool — hint: count with sum(cast("i32")(x)), or use any and all':
    () => sum(flags),
  "max: dtype f32, f64 or i32 expected, got bool — hint: use any or all": () => max(flags),
  "sort: dtype f32, f64 or i32 expected, got bool — hint: convert it with cast": () => sort(flags),
  'take: indices of dtype i32 expected, got f32 — hint: convert them with cast("i32")': () =>
    take(vector, vector),
  'cast: one of f32, f64, i32, bool, f16, bf16, i8, u8, i4 expected, got "f8"': () =>
    cast(untyped<"f32">("f8"))(vector),
});

refusals("storage dtypes", {
  'add: dtype f32, f64, i32 or bool expected, got f16 — hint: f16 is for storage: cast("f32")(x) first':
    () => add(half, half),
  'tanh: dtype f32, f64, i32 or bool expected, got f16 — hint: f16 is for storage: cast("f32")(x) first':
    () => tanh(half),
  'sum: dtype f32, f64, i32 or bool expected, got f16 — hint: f16 is for storage: cast("f32")(x) first':
    () => sum(half),
  'matmul: dtype f32, f64, i32 or bool expected, got f16 — hint: f16 is for storage: cast("f32")(x) first':
    () => matmul(half, half),
});

refusals("values", {
  "tensor: nested arrays of equal lengths (2 at depth 1) expected, got length 1 at data[1]": () =>
    tensor(untyped<number[]>([[1, 2], [3]])),
  "tensor: nested arrays of equal lengths (2 at depth 1) expected, got number at data[1]": () =>
    tensor(untyped<number[]>([[1, 2], 3])),
  "tensor: a number or boolean at the innermost level expected, got an array of length 1 at data[1]":
    () => tensor(untyped<number[]>([1, [2]])),
  "tensor: a number or boolean at the innermost level expected, got null at data[0]": () =>
    tensor(untyped<number[]>([null])),
  "tensor: 4 elements expected for shape [2, 2], got 3": () => tensor([1, 2, 3], { shape: [2, 2] }),
  "tensor: a shape of whole, non-negative sizes expected, got [-1]": () =>
    tensor([1], { shape: [-1] }),
  "tensor: whole numbers in −2147483648…2147483647 expected for i32, got NaN at flat index 0": () =>
    tensor([Number.NaN], { dtype: "i32" }),
  "tensor: whole numbers in −2147483648…2147483647 expected for i32, got 1.5 at flat index 1": () =>
    tensor([0, 1.5], { dtype: "i32" }),
  "tensor: whole numbers in −2147483648…2147483647 expected for i32, got 2147483648 at flat index 0":
    () => tensor([2 ** 31], { dtype: "i32" }),
  "tensor: whole numbers in 0…255 expected for u8, got 256 at flat index 0": () =>
    tensor([256], { dtype: "u8" }),
  "tensor: whole numbers in −8…7 expected for i4, got 8 at flat index 2": () =>
    tensor([0, 7, 8], { dtype: "i4" }),
  'tensor: one of f32, f64, i32, bool, f16, bf16, i8, u8, i4 expected, got "float"': () =>
    tensor([1], { dtype: untyped<"f32">("float") }),
  "tensor: values expected, got a tensor — hint: it is one already; use cast to convert it": () =>
    tensor(untyped<number[]>(vector)),
  "zeros: a shape of whole, non-negative sizes expected, got 3": () => zeros(untyped<number[]>(3)),
  "ones: a shape of whole, non-negative sizes expected, got [2.5]": () => ones([2.5]),
  "full: whole numbers in −128…127 expected for i8, got 300": () => full([2], 300, "i8"),
  "full: whole numbers in −2147483648…2147483647 expected for i32, got 1.5": () =>
    full([2], 1.5, "i32"),
  'full: one of f32, f64, i32, bool, f16, bf16, i8, u8, i4 expected, got "f8"': () =>
    full([2], 1, untyped<"f32">("f8")),
  "full: a shape of whole, non-negative sizes expected, got [-1]": () =>
    full(untyped<number[]>([-1]), 0),
  "eye: a shape of whole, non-negative sizes expected, got [-2]": () => eye(-2),
  'arange: whole numbers expected for i32, got start 0, step 0.5 — hint: pass "f32" as the dtype':
    () => arange({ stop: 1, step: 0.5 }),
  "arange: finite bounds and a step other than 0 expected, got 0, 1, 0": () =>
    arange({ stop: 1, step: 0 }),
});

const makeOne = " — hint: make one with tensor(…)";
refusals("operands", {
  "add: at least one tensor expected, got number and number": () => add(untyped<Tensor>(1), 2),
  [`add: a tensor expected, got an array${makeOne}`]: () => add(vector, untyped<Tensor>([1])),
  [`add: a tensor expected, got undefined${makeOne}`]: () =>
    pipe(vector, add(untyped<Tensor>(undefined))),
  [`matmul: a tensor expected, got number${makeOne}`]: () => matmul(matrix, untyped<Tensor>(2)),
  [`exp: a tensor expected, got null${makeOne}`]: () => exp(untyped<Tensor>(null)),
  [`sum: a tensor expected, got an array${makeOne}`]: () => sum({})(untyped<Tensor>([1, 2])),
  "where: where(condition, a, b) or where(a, b)(condition) expected, got 1 arguments": () =>
    (where as unknown as (x: Tensor) => Tensor)(flags),
  "clamp: a number as min, max or both expected, got undefined and undefined": () =>
    clamp({})(vector),
});

refusals("tensors without elements", {
  "max: at least one element to reduce expected, got shape [0]": () => max(empty),
  "min: at least one element to reduce expected, got shape [0, 3]": () => min({ axis: 0 })(noRows),
  "argmax: at least one element to reduce expected, got shape [0]": () =>
    argmax({ axis: 0 })(empty),
  "argmin: at least one element to reduce expected, got shape [0, 3]": () =>
    argmin({ axis: 0 })(noRows),
  "take: an axis with elements to take from expected, got size 0": () => take(empty, index(0)),
  "reshape: a shape of as many elements expected, got [0, 3] → [0, -1] (0 is no multiple of 0)":
    () => reshape([0, -1])(noRows),
});

refusals("indices out of range, on the device that checks them", {
  "take: an index in 0…2 expected, got 3": () => values(take(vector, index(3))),
  "take: an index in 0…2 expected, got -1": () => values(take(vector, index(-1))),
  "takeAlongAxis: an index in 0…2 expected, got 7": () =>
    values(takeAlongAxis({ axis: 0 })(vector, index(7))),
  "scatterAdd: an index in 0…1 expected, got 2": () =>
    values(scatterAdd({ size: 2 })(vector, whole)),
  "oneHot: an index in 0…1 expected, got 2": () => values(oneHot({ classes: 2 })(whole)),
});

const zeroSizes = suite("tensors without elements work");

zeroSizes("in every elementwise op, matrix product and movement", () => {
  assert.equal(toArray(exp(empty)), []);
  assert.equal(add(noRows, vector).shape, [0, 3]);
  assert.equal(matmul(noRows, wide).shape, [0, 4]);
  assert.equal(toArray(matmul(zeros([2, 0]), zeros([0, 1]))), [[0], [0]]);
  assert.equal(toArray(concat({ axis: 0 })([noRows, matrix])), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.equal(transpose(noRows).shape, [3, 0]);
  assert.equal(reshape([0, 7])(noRows).shape, [0, 7]);
  assert.equal(toArray(pad({ widths: [[1, 1]] })(empty)), [0, 0]);
  assert.equal(softmax(noRows).shape, [0, 3]);
  assert.equal(sort(empty).shape, [0]);
});

zeroSizes("in reductions that have a value for nothing", () => {
  assert.is(item(sum(empty)), 0);
  assert.is(item(prod(empty)), 1);
  assert.is(item(any(cast("bool")(empty))), 0);
  assert.is(item(all(cast("bool")(empty))), 1);
  assert.is(item(logSumExp(empty)), Number.NEGATIVE_INFINITY);
  assert.ok(Number.isNaN(item(mean(empty))));
  assert.equal(toArray(sum({ axis: 0 })(noRows)), [0, 0, 0]);
});

zeroSizes("in maxima along another axis than the empty one", () => {
  assert.equal(max({ axis: 1 })(noRows).shape, [0]);
  assert.equal(argmax({ axis: 1 })(noRows).shape, [0]);
});

zeroSizes.run();
