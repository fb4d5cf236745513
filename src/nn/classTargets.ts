// What losses of classes have in common: logits [..., classes] and a label for each row, of which some
// may be ignored. A row that is ignored gets logits of 0 before anything is computed, so that whatever
// it held, NaN and infinities too, reaches neither the value nor the gradient.

import { fillTensor } from "../core/builtin.ts";
import { fail } from "../core/errors.ts";
import { printShape, range } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { cast, logicalAnd, notEqual, where } from "../ops/arithmetic.ts";
import { sum } from "../ops/broadcast.ts";
import { oneHot } from "../ops/gather.ts";
import { expandDims } from "../ops/structural.ts";

/** Which labels do not count. */
export interface IgnoreOptions {
  /** A label that stands for "do not count"; none by default. It may be no class at all. */
  readonly ignoreIndex?: number;
}

/** Rows of logits and their labels, where those that are ignored can do no harm. */
export interface Targets {
  readonly classes: number;
  /** [..., classes], 0 in rows that are ignored */
  readonly logits: Tensor;
  /** [...] i32, class 0 where ignored */
  readonly labels: Tensor;
  /** [...] bool */
  readonly isCounted: Tensor;
  /** [..., classes] bool: whether a class is that of its row; nowhere in rows that are ignored. It fuses into what reads it. */
  readonly isOwn: Tensor;
}

/** Refuses labels that are not one for each row of logits: they would be broadcast. */
export const requireRows = (op: string, { shape }: Tensor, labels: Tensor): void => {
  const [rows, got] = [printShape(shape.slice(0, -1)), printShape(labels.shape)];
  if (shape.length === 0 || rows !== got)
    fail(
      op,
      "ShapeMismatch",
      "logits [..., classes] and labels [...] expected",
      `${printShape(shape)}, ${got}`,
    );
};

/** Refuses less than two classes: where there is one, nothing can be told apart. */
const requireTwo = (op: string, { shape }: Tensor): void => {
  if ((shape.at(-1) as number) < 2)
    fail(op, "ShapeMismatch", "logits of two or more classes expected", printShape(shape));
};

/** The rows of a loss `op`, which is named where it refuses them. */
export const targetsOf = (
  op: string,
  { ignoreIndex }: IgnoreOptions,
  logits: Tensor,
  labels: Tensor,
): Targets => {
  requireRows(op, logits, labels);
  requireTwo(op, logits);
  const classes = logits.shape.at(-1) as number; // requireRows refuses scalars
  const isClass = oneHot({ classes, dtype: "bool" });
  if (ignoreIndex === undefined) {
    const isCounted = fillTensor(labels.shape, 1, "bool");
    return { classes, logits, labels, isCounted, isOwn: isClass(labels) };
  }
  const isCounted = notEqual(labels, ignoreIndex);
  const known = where(isCounted, labels, 0);
  const inRow = expandDims(-1)(isCounted);
  const isOwn = logicalAnd(isClass(known), inRow);
  return { classes, logits: where(inRow, logits, 0), labels: known, isCounted, isOwn };
};

/** How many rows each class has, [classes] in the dtype of the logits. Counted in whole numbers: f32 is not exact above 2²⁴. */
export const countsOf = ({ isOwn, logits }: Targets): Tensor =>
  cast(logits.dtype)(sum({ axis: rowAxes(isOwn) })(cast("i32")(isOwn)));

/** All axes of rows of classes but the last one. */
export const rowAxes = ({ shape }: Tensor): readonly number[] => range(shape.length - 1);
