// Mistakes with elementwise ops: shapes that do not broadcast, dtypes that do not fit.

import { type Mistake, mistake } from "./mistake.ts";

const atRunTime = "names are numbers at run time";

export const elementwise: readonly Mistake[] = [
  mistake(
    "add(zeros([32, 64]), zeros([32, 10]))",
    "zeros([32, 10])",
    "add: shapes that broadcast expected, got [32, 64] and [32, 10] (axis −1: 64 ≠ 10)",
  ),
  mistake(
    "sub(zeros([7, 1, 3]), zeros([5, 2, 3]))",
    "zeros([5, 2, 3])",
    "sub: shapes that broadcast expected, got [7, 1, 3] and [5, 2, 3] (axis −3: 7 ≠ 5)",
  ),
  mistake(
    "add(zeros([5]))(zeros([2, 3]))",
    "zeros([2, 3])",
    "add: shapes that broadcast expected, got [2, 3] and [5] (axis −1: 3 ≠ 5)",
  ),
  mistake(
    "add(zeros([dim('batch', 8), 4]), zeros([dim('time', 9), 4]))",
    "zeros([dim('time', 9), 4])",
    "add: shapes that broadcast expected, got [batch, 4] and [time, 4] (axis −2: batch ≠ time)",
    atRunTime,
  ),
  mistake(
    "add(add(zeros([dim('batch', 8)]), zeros([8])), zeros([9]))",
    "zeros([9])",
    "add: shapes that broadcast expected, got [batch] and [9] (axis −1: batch ≠ 9)",
    atRunTime,
  ),
  mistake(
    "add(zeros([n, 4]), zeros([n, 5]))",
    "zeros([n, 5])",
    "add: shapes that broadcast expected, got [number, 4] and [number, 5] (axis −1: 4 ≠ 5)",
    "dynamic sizes are known at run time",
  ),
  mistake("add(1, 2)", "2", "add: at least one tensor expected, got number and number"),
  mistake("add(true)(2)", "2", "add: at least one tensor expected, got number and boolean"),
  mistake(
    "add(zeros([2]), zeros([2], 'i32'))",
    "zeros([2], 'i32')",
    "add: equal dtypes expected, got f32 and i32",
  ),
  mistake(
    "add(zeros([2], 'f64'))(zeros([2]))",
    "zeros([2])",
    "add: equal dtypes expected, got f32 and f64",
  ),
  mistake(
    "add(zeros([2], 'bool'), 1)",
    "zeros([2], 'bool')",
    "add: dtype f32, f64 or i32 expected, got bool",
  ),
  mistake(
    "add(zeros([2], 'bf16'))",
    "zeros([2], 'bf16')",
    "add: dtype f32, f64, i32 or bool expected, got bf16",
    "the run time notices when the second operand comes",
  ),
  mistake(
    "add(zeros([2], 'i32'), 0.5)",
    "0.5",
    "add: a whole number beside an i32 tensor expected, got 0.5",
  ),
  mistake(
    "less(zeros([2, 3]), zeros([2]))",
    "zeros([2])",
    "less: shapes that broadcast expected, got [2, 3] and [2] (axis −1: 3 ≠ 2)",
  ),
  mistake(
    "logicalAnd(less(zeros([2]), 1), zeros([2]))",
    "zeros([2])",
    "logicalAnd: dtype bool expected, got f32",
  ),
  mistake("logicalNot(zeros([2]))", "zeros([2])", "logicalNot: dtype bool expected, got f32"),
  mistake("exp(arange(3))", "arange(3)", "exp: dtype f32 or f64 expected, got i32"),
  mistake(
    "relu(cast('f16')(zeros([2])))",
    "cast('f16')(zeros([2]))",
    "relu: dtype f32, f64, i32 or bool expected, got f16",
  ),
  mistake("elu(zeros([2], 'i32'))", "zeros([2], 'i32')", "elu: dtype f32 or f64 expected, got i32"),
  mistake(
    "where(zeros([2]), 1, 0)",
    "zeros([2])",
    "where: a condition of dtype bool expected, got f32",
  ),
  mistake(
    "where(zeros([2], 'bool'), zeros([3]), 0)",
    "zeros([3])",
    "where: shapes that broadcast expected, got [2] and [3] (axis −1: 2 ≠ 3)",
  ),
  mistake(
    "where(zeros([2], 'bool'), zeros([4, 2]), zeros([5, 2]))",
    "zeros([5, 2])",
    "where: shapes that broadcast expected, got [4, 2] and [5, 2] (axis −2: 4 ≠ 5)",
  ),
  mistake(
    "where(zeros([2], 'bool'), zeros([2]), zeros([2], 'i32'))",
    "zeros([2], 'i32')",
    "where: equal dtypes expected, got f32 and i32",
  ),
];
