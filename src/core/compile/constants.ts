// Constant folding on graphs: an elementwise op whose inputs are all one repeated constant is one itself.

import { constantValue, scalarDtypeOf } from "../builtin.ts";
import { constant, type Expr, withFreshExprs } from "../kernel/expr.ts";
import type { Tensor } from "../tensor.ts";

/** The value of an elementwise op on constants, or undefined where it is not one. */
export const foldableCall = (node: Tensor): number | undefined => {
  if (node.origin._tag !== "Apply" || !node.origin.primitive.isElementwise) return undefined;
  const { primitive, attributes, inputs } = node.origin;
  const { lower } = primitive;
  if (lower._tag !== "Pull" || inputs.length === 0) return undefined;
  const values = inputs.map(constantValue);
  if (values.includes(undefined)) return undefined;
  const folded = withFreshExprs(
    (): Expr =>
      lower.pull({
        inputs: inputs.map((input, i) => {
          const dtype = scalarDtypeOf(input.dtype);
          return { shape: input.shape, dtype, at: () => constant(values[i] as number, dtype) };
        }),
        attributes,
        output: node,
      })(node.shape.map(() => constant(0, "i32"))),
  );
  return folded.tag === "const" ? folded.value : undefined;
};
