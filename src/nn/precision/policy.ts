// Policies: masters in f32, computation in f32 on values that are stored in 16 bits. Micikevicius et
// al., "Mixed precision training", ICLR 2018.

import { type TreeFunction, valueAndGrad } from "../../core/autodiff.ts";
import { alias, fillTensor } from "../../core/builtin.ts";
import { computeDtype, type Dtype, isFloat } from "../../core/dtype.ts";
import { withinTransform } from "../../core/scope.ts";
import type { Tensor } from "../../core/tensor.ts";
import { flattenTree, leavesOf, mapTree } from "../../core/tree.ts";
import { cast } from "../../ops/arithmetic.ts";
import { type HalfDtype, rounded, roundStored } from "./rounding.ts";

export type { HalfDtype };

/** Dtypes of a training step. */
export interface Policy {
  /** What parameters are kept in between steps. Optimisers need f32: the masters. */
  readonly parameters: "f32" | HalfDtype;
  /** The precision of what a step stores; f32 rounds nothing. */
  readonly compute: "f32" | HalfDtype;
  /** The dtype of losses and results. */
  readonly output: "f32" | HalfDtype;
}

/** Masters and losses in f32, computation on values of 16 bits. */
export const mixedPrecision = (compute: HalfDtype): Policy => ({
  parameters: "f32",
  compute,
  output: "f32",
});

/** Everything in f32. */
export const fullPrecision: Policy = { parameters: "f32", compute: "f32", output: "f32" };

/**
 * A tree with its floating-point leaves converted to a dtype; others stay as they are.
 *
 * @example
 * const { w, n } = castTree("bf16")({ w: tensor([1.5]), n: tensor([1], { dtype: "i32" }) });
 * console.log(w.dtype, n.dtype) // bf16 i32
 */
export const castTree =
  (dtype: Dtype) =>
  <T>(tree: T): T =>
    mapTree(tree, (x) => (isFloat(x.dtype) ? cast(dtype)(x) : x));

/**
 * x with the precision of a policy's computation and its own dtype: a value that is stored between
 * kernels takes 16 bits. The gradient passes through, rounded in the same way. `valueAndGradUnder`
 * finds such values by itself.
 *
 * @example
 * toArray(store(mixedPrecision("bf16"))(tensor([1.001, 3]))) // [1, 3]
 */
export const store =
  ({ compute }: Policy) =>
  (x: Tensor): Tensor =>
    compute === "f32" ? x : rounded(compute)(x);

/** Stored parameters as ops compute with them. */
const widened = <P>(params: P): P => mapTree(params, (p) => cast(computeDtype(p.dtype))(p));

/**
 * The function f of parameters, its first argument, and others under a policy, without gradients:
 * what products read and depends on parameters has the precision of `compute`, and the result is of
 * dtype `output`. The parameters may be in 16 bits.
 *
 * @example
 * const layer = castTree("bf16")(Linear.init(key(0), { inputs: 2, outputs: 1 }));
 * const f = (p: Linear.Params, x: Tensor) => Linear.apply(p)(x);
 * applyUnder(mixedPrecision("bf16"))(f)(layer, zeros([3, 2])).dtype // f32
 */
export const applyUnder =
  ({ compute, output }: Policy) =>
  <F extends TreeFunction>(f: F) =>
  (...[params, ...others]: Parameters<F>): ReturnType<F> => {
    const own = mapTree(widened(params), alias);
    const { leaves, structure } = flattenTree(
      withinTransform(() => f(own, ...others)),
      "applyUnder",
    );
    const outputs = leaves as readonly Tensor[]; // numbers are not allowed here
    const from = leavesOf(own);
    const stored =
      compute === "f32"
        ? outputs
        : roundStored(compute, { outputs, from, backwardFrom: Number.POSITIVE_INFINITY });
    return castTree(output)(structure.rebuild(stored)) as ReturnType<F>; // the same structure
  };

/**
 * The value of a loss and its gradient in the first argument under a policy. What the backward pass
 * reads of the forward pass, and what products read, has the precision of `compute` and is stored
 * so; sums, logarithms and losses are f32, and so are the gradients of f32 parameters.
 *
 * The loss is differentiated as it is written; a second derivative of a `customVjp` in it is that of
 * what it computes.
 *
 * @example
 * const loss = (w: Tensor, x: Tensor) => sum(square(matmul(x, w)));
 * const step = valueAndGradUnder(mixedPrecision("bf16"))(loss);
 * const [value, gradient] = step(tensor([[1.001], [2]]), tensor([[1, 2]])); // 1.001 is 1 in bf16
 * console.log(item(value), toArray(gradient)) // 25 [[10], [20]]
 */
export const valueAndGradUnder =
  ({ compute, output }: Policy) =>
  <F extends TreeFunction>(loss: F, { hasAux = false }: { readonly hasAux?: boolean } = {}) =>
  (...args: Parameters<F>): [value: ReturnType<F>, gradient: Parameters<F>[0]] => {
    let from: readonly Tensor[] = [];
    let backwardFrom = 0;
    const traced = (...[params, ...others]: Parameters<F>): ReturnType<F> => {
      from = leavesOf(params);
      const value = loss(widened(params), ...others) as ReturnType<F>;
      backwardFrom = fillTensor([], 0, "f32").id; // younger than the whole forward pass
      return value;
    };
    const result = valueAndGrad(traced, { hasAux })(...args);
    const { leaves, structure } = flattenTree(result, "valueAndGradUnder");
    const outputs = leaves as readonly Tensor[]; // numbers are not allowed here
    const stored =
      compute === "f32" ? outputs : roundStored(compute, { outputs, from, backwardFrom });
    const [value, gradient] = structure.rebuild(stored) as typeof result; // the same structure
    return [castTree(output)(value), gradient as Parameters<F>[0]];
  };
