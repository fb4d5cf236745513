// Losses by which a small model learns from a large one. Hinton, Vinyals & Dean, "Distilling the knowledge in a neural network", 2015; Romero
// et al., "FitNets: hints for thin deep nets", 2015.

import { fail } from "../../core/errors.ts";
import { printShape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { add, greater, mul, stopGradient, sub, where } from "../../ops/arithmetic.ts";
import { sum } from "../../ops/broadcast.ts";
import { matmul } from "../../ops/contract.ts";
import { exp } from "../../ops/functions.ts";
import { mean } from "../../ops/reduce.ts";
import { logSoftmax } from "../../ops/softmax.ts";
import { crossEntropy, meanSquaredError } from "../loss.ts";

/** Options of `distillationLoss`. */
export interface DistillationOptions {
  /** By what logits are divided before both are compared, above 0; default 2. Higher ones show more of what the teacher thinks unlikely. */
  readonly temperature?: number;
  /** The share of the teacher, in 0…1; default 0.5. The rest is cross-entropy with the targets. */
  readonly alpha?: number;
}

const requireOneShape = (op: string, student: Tensor, teacher: Tensor, hint?: string): void => {
  if (student.shape.join() !== teacher.shape.join())
    fail(
      op,
      "ShapeMismatch",
      "equal shapes of student and teacher expected",
      `${printShape(student.shape)} and ${printShape(teacher.shape)}`,
      hint,
    );
};

/**
 * T² · KL(softmax(teacher / T) ‖ softmax(student / T)), averaged over rows. No gradient goes into the teacher.
 *
 *   student, teacher [..., classes]   → []
 *
 * T² keeps gradients of one size whatever the temperature T. Classes at which the teacher has −∞ add nothing. Fails with ShapeMismatch when shapes differ.
 *
 * @example
 * const logits = tensor([[1, 2, 3]]);
 * item(Compress.softTargetLoss({ temperature: 2 })(logits, logits)) // 0
 */
export const softTargetLoss = ({
  temperature = 2,
}: Pick<DistillationOptions, "temperature"> = {}): ((
  student: Tensor,
  teacher: Tensor,
) => Tensor) => {
  if (!(temperature > 0 && Number.isFinite(temperature)))
    fail(
      "softTargetLoss",
      "InvalidArgument",
      "a temperature above 0 expected",
      String(temperature),
    );
  const logProbabilities = (logits: Tensor): Tensor =>
    logSoftmax({ axis: -1 })(mul(logits, 1 / temperature));
  return (student, teacher) => {
    requireOneShape("softTargetLoss", student, teacher);
    const known = logProbabilities(stopGradient(teacher));
    const shares = exp(known);
    // 0 · log 0 is 0: classes that the teacher rules out, by −∞ too.
    const terms = where(greater(0)(shares), mul(shares, sub(known, logProbabilities(student))), 0);
    return mul(mean(sum({ axis: -1 })(terms)), temperature ** 2);
  };
};

/**
 * (1 − α) · cross-entropy + α · T² · KL(softmax(teacher / T) ‖ softmax(student / T)), both averaged over rows. No gradient goes into the teacher.
 *
 *   student, teacher [..., classes]   targets [...] i32   → []
 *
 * Stable for logits of any size. Fails with ShapeMismatch when shapes differ, with InvalidArgument when α is not in 0…1 or T not above 0.
 *
 * @example
 * const loss = Compress.distillationLoss({ temperature: 2, alpha: 0.5 });
 * const same = tensor([[0, 0]]);
 * item(loss(same, same, tensor([1], { dtype: "i32" }))).toFixed(4) // 0.3466
 */
export const distillationLoss = ({
  temperature = 2,
  alpha = 0.5,
}: DistillationOptions = {}): ((student: Tensor, teacher: Tensor, targets: Tensor) => Tensor) => {
  if (!(alpha >= 0 && alpha <= 1))
    fail("distillationLoss", "InvalidArgument", "alpha in 0…1 expected", String(alpha));
  const soft = softTargetLoss({ temperature });
  return (student, teacher, targets) =>
    add(mul(crossEntropy()(student, targets), 1 - alpha), mul(soft(student, teacher), alpha));
};

/** Options of `hiddenLoss`. */
export interface HiddenOptions {
  /** [student width, teacher width], where widths differ: a parameter that is trained with the student. */
  readonly projection?: Tensor;
}

/**
 * The mean squared distance of the student's hidden states, projected, from the teacher's. No gradient goes into the teacher.
 *
 *   student [..., width]   teacher [..., teacher width]   → []
 *
 * Fails with ShapeMismatch when shapes differ after the projection.
 *
 * @example
 * const [student, teacher] = [tensor([[1, 2]]), tensor([[3, 2, 1]])];
 * item(Compress.hiddenLoss({ projection: tensor([[1, 0, 0], [0, 1, 0]]) })(student, teacher)).toFixed(4) // 1.6667
 */
export const hiddenLoss =
  ({ projection }: HiddenOptions = {}) =>
  (student: Tensor, teacher: Tensor): Tensor => {
    const projected = projection === undefined ? student : matmul(student, projection);
    requireOneShape(
      "hiddenLoss",
      projected,
      teacher,
      projection === undefined ? "a projection makes widths equal" : undefined,
    );
    return meanSquaredError(projected, stopGradient(teacher));
  };
