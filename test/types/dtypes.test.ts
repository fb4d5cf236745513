// Which dtypes an op accepts is said twice: in its type, and in what checks its inputs at run time. Here both are asked about every
// op and every kind of dtype, and must answer with one sentence.

import * as assert from "uvu/assert";
import { TensorError } from "../../src/core/errors.ts";
import * as ops from "../../src/ops/index.ts";
import { suite } from "../support/suite.ts";
import { compileAll, opNames, withImports } from "./compiler.ts";

const test = suite("dtypes");
const names = opNames();

const kinds = ["f64", "i32", "bool", "f16"];

const ofOne =
  "neg floor ceil round sign abs logicalNot isNaN isFinite stopGradient exp log expm1 log1p sqrt rsqrt square reciprocal sin cos " +
  "tanh sigmoid erf relu gelu geluTanh silu softplus elu leakyRelu sum max min prod mean variance any all logSumExp softmax " +
  "logSoftmax sort argsort transpose zerosLike onesLike";

const ofTwo =
  "add sub mul div mod pow maximum minimum equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr logicalXor " +
  "matmul outer";

/** Calls in which $ stands for a dtype; all that is wrong with them is the dtype. */
const calls: readonly string[] = [
  ...ofOne.split(" ").map((op) => `${op}(zeros([2, 3], '$'))`),
  ...ofTwo
    .split(" ")
    .map((op) => (op === "outer" ? [op, "[2]"] : [op, "[2, 2]"]))
    .flatMap(([op, shape]) => [
      `${op}(zeros(${shape}, '$'), zeros(${shape}, '$'))`,
      `${op}(zeros(${shape}, '$'), zeros(${shape}, 'f32'))`,
      `${op}(zeros(${shape}, '$'))(zeros(${shape}, '$'))`,
    ]),
  ...["clamp({ min: 0 })", "cast('f32')", "argmax({ axis: 0 })", "argmin({ axis: 0 })"].map(
    (op) => `${op}(zeros([2], '$'))`,
  ),
  ...["cumsum({ axis: 0 })", "topK({ k: 1 })", "flip({ axis: 0 })", "tile([2])"].map(
    (op) => `${op}(zeros([2], '$'))`,
  ),
  ...["expandDims(0)", "squeeze()", "reshape([2])", "expand([2])", "permute([0])"].map(
    (op) => `${op}(zeros([2], '$'))`,
  ),
  "einsum('i,i->i')(zeros([2], '$'), zeros([2], '$'))",
  "where(zeros([2], '$'), 1, 0)",
  "where(zeros([2], 'bool'), zeros([2], '$'), 0)",
  "take(zeros([2], '$'), zeros([1], 'i32'))",
  "take(zeros([2]), zeros([1], '$'))",
  "scatterAdd({ size: 2 })(zeros([1], '$'), zeros([1], 'i32'))",
  "scatterAddAlongAxis({ size: 2, axis: 0 })(zeros([1], '$'), zeros([1], 'i32'))",
  "takeAlongAxis({ axis: 0 })(zeros([2], '$'), zeros([1], 'i32'))",
  "oneHot({ classes: 2 })(zeros([1], '$'))",
  ...["segmentSum", "segmentMean", "segmentMax", "segmentSoftmax"].flatMap((op) => [
    `${op}({ segments: 2 })(zeros([3], '$'), zeros([3], 'i32'))`,
    `${op}({ segments: 2 })(zeros([3]), zeros([3], '$'))`,
  ]),
  ...["conv1d", "convTranspose1d"].map(
    (op) => `${op}(zeros([1, 4, 2], '$'), ones([1, 2, 2], '$'))`,
  ),
  ...["conv2d", "convTranspose2d"].map(
    (op) => `${op}(zeros([1, 4, 4, 2], '$'), ones([1, 1, 2, 2], '$'))`,
  ),
  ...["maxPool2d", "avgPool2d", "maxPoolWithIndices2d"].map(
    (op) => `${op}({ size: 1 })(zeros([1, 2, 2, 1], '$'))`,
  ),
  "maxUnpool2d({ size: [2, 2] })(zeros([1, 1, 1, 1], '$'), zeros([1, 1, 1, 1], 'i32'))",
  ...["globalAvgPool2d", "globalMaxPool2d"].map((op) => `${op}(zeros([1, 2, 2, 1], '$'))`),
  ...["resizeNearest", "resizeBilinear"].map(
    (op) => `${op}({ size: [3, 3] })(zeros([1, 2, 2, 1], '$'))`,
  ),
  "categorical(key(0), zeros([2], '$'))",
  "normal(zeros([4], '$'), [2])",
];

/** What the run time says: the first line of the error, or nothing. */
const thrownBy = (code: string): string => {
  try {
    new Function(...Object.keys(ops), code)(...Object.values(ops));
    return "";
  } catch (error) {
    if (error instanceof TensorError) return error.message.split("\n")[0] as string;
    throw error;
  }
};

test("the compiler and the run time refuse the same dtypes", () => {
  const snippets = calls.flatMap((call) => kinds.map((dtype) => call.replaceAll("$", dtype)));
  const complaints = compileAll(snippets.map((code) => withImports(code, names)));
  const differing = snippets
    .map((code, i) => {
      // What is refused has no type to go on with: other complaints may follow from it.
      const of = complaints[i] ?? [];
      const complaint = of.find(({ sentence }) => sentence !== "") ?? of[0];
      const compiled = complaint === undefined ? "" : complaint.sentence || complaint.message;
      return { code, compiled, thrown: thrownBy(code) };
    })
    .filter(({ compiled, thrown }) => compiled !== thrown);
  assert.ok(snippets.length > 400);
  assert.equal(differing, []);
});

test.run();
