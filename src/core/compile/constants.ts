// Constant folding on graphs: an op on repeated constants that gives the same value everywhere is one itself. That covers scalars
// that were expanded to the shape of the tensor beside them, which is what makes x + 0 and x · 1 visible.

import { constantValue } from "../builtin.ts";
import { computeDtype } from "../dtype.ts";
import { coordinate } from "../kernel/affine.ts";
import { constant, type Expr, withFreshExprs } from "../kernel/expr.ts";
import type { Tensor } from "../tensor.ts";

/** The value that an op on constants has everywhere, or undefined where it has none. */
export const foldableCall = (node: Tensor): number | undefined => {
  if (node.origin._tag !== "Apply") return undefined;
  const { primitive, attributes, inputs } = node.origin;
  const { lower } = primitive;
  if (lower._tag !== "Pull" || lower.role === "reduce" || inputs.length === 0) return undefined;
  const values = inputs.map(constantValue);
  if (values.includes(undefined)) return undefined;
  const folded = withFreshExprs(
    (): Expr =>
      lower.pull({
        inputs: inputs.map((input, i) => {
          const dtype = computeDtype(input.dtype);
          return { shape: input.shape, dtype, at: () => constant(values[i] as number, dtype) };
        }),
        attributes,
        output: node,
      })(node.shape.map(coordinate)),
  );
  return folded.tag === "const" ? folded.value : undefined;
};
