// Functions with pullbacks of their own: `customVjp` takes the user's, `checkpoint` computes the function again.

import { linearLeaves, pullGraph, type TreeFunction, zerosLike } from "./autodiff.ts";
import {
  alias,
  applyCustom,
  barrier,
  type CustomRule,
  fillTensor,
  isDifferentiable,
} from "./builtin.ts";
import { fail } from "./errors.ts";
import { withinTransform } from "./scope.ts";
import { type Tensor, topologicalOrder } from "./tensor.ts";
import { flattenTree } from "./tree.ts";

/**
 * The function f with a pullback of one's own, in place of the derivative of what f does.
 *
 * `pullback({ inputs, value, cotangent })` returns one gradient tree for each input (`null` for none). Where the value has several
 * tensors, cotangents of those that were not used are zeros.
 *
 * @example
 * // The straight-through estimator: rounds, and lets the gradient pass.
 * const snap = customVjp((x: Tensor) => round(x), ({ cotangent }) => [cotangent]);
 * item(grad((x: Tensor) => mul(snap(x), scalar(3)))(scalar(0.4))) // 3
 */
export const customVjp =
  <F extends TreeFunction>(
    f: F,
    pullback: (context: {
      readonly inputs: Parameters<F>;
      readonly value: ReturnType<F>;
      readonly cotangent: ReturnType<F>;
    }) => readonly unknown[],
  ): ((...inputs: Parameters<F>) => ReturnType<F>) =>
  (...inputs) => {
    const parts = inputs.map((input) => flattenTree(input, "customVjp"));
    const args = parts.flatMap(({ leaves }) => leaves as readonly Tensor[]);
    const firstId = alias(fillTensor([], 0, "f32")).id;
    const own = args.map(alias);
    let next = 0;
    const raw = f(
      ...parts.map((part) => part.structure.rebuild(part.leaves.map(() => own[next++]))),
    ) as ReturnType<F>;
    const { leaves, structure } = flattenTree(raw, "customVjp");
    const rule: CustomRule = {
      captured: capturedBy(leaves as readonly Tensor[], own, firstId),
      pullback: (cotangents) => {
        const cotangent = structure.rebuild(
          (leaves as readonly Tensor[]).map((y, i) => cotangents[i] ?? zerosLike(y)),
        ) as ReturnType<F>;
        const gradients = pullback({ inputs, value: raw, cotangent });
        if (gradients.length !== inputs.length) {
          fail(
            "customVjp",
            "InvalidArgument",
            `${inputs.length} gradients expected, one for each input`,
            String(gradients.length),
          );
        }
        return parts.flatMap(({ leaves: wanted }, i) => {
          const given = gradients[i];
          if (given === null || given === undefined) return wanted.map(() => null);
          return linearLeaves(given, wanted as readonly Tensor[], "customVjp", "gradient");
        });
      },
    };
    return structure.rebuild(applyCustom(leaves as readonly Tensor[], args, rule)) as ReturnType<F>;
  };

/**
 * Tensors that a graph uses although they are older than it and not its arguments. Arguments go by names of their own, `own`, so
 * that a tensor which is passed and used from outside as well is found here.
 */
const capturedBy = (
  outputs: readonly Tensor[],
  own: readonly Tensor[],
  firstId: number,
): Tensor[] => {
  const args = new Set(own);
  return topologicalOrder(outputs, (node) => node.id < firstId || args.has(node)).filter(
    (node) => node.id < firstId && node.origin._tag !== "Data",
  );
};

/**
 * The function f, whose intermediate values are not kept for the backward pass but computed again in it: less memory for
 * about one more forward pass. T. Chen et al., "Training deep nets with sublinear memory cost", 2016.
 *
 * What is computed again is what depends on the arguments; tensors used from outside are differentiated as usual.
 *
 * @example
 * item(grad(checkpoint((x: Tensor) => sin(sin(x))))(scalar(0))) // 1
 */
export const checkpoint =
  <F extends TreeFunction>(f: F): ((...inputs: Parameters<F>) => ReturnType<F>) =>
  (...inputs) => {
    const { leaves: args, structure } = flattenTree(inputs, "checkpoint");
    const given = args as readonly Tensor[]; // numbers are not allowed here
    const firstId = alias(fillTensor([], 0, "f32")).id;
    const own = given.map(alias);
    const value = f(...(structure.rebuild(own) as Parameters<F>)) as ReturnType<F>;
    const outputs = flattenTree(value, "checkpoint");
    const captured = capturedBy(outputs.leaves as readonly Tensor[], own, firstId).filter(
      isDifferentiable,
    );
    const rule: CustomRule = {
      captured: [],
      pullback: (cotangents) => {
        const after = cotangents.find((g) => g !== null) as Tensor; // a rule is called with at least one
        const again = given.map((x) => barrier(x, after));
        const recomputed = flattenTree(
          withinTransform(() => f(...(structure.rebuild(again) as Parameters<F>))),
          "checkpoint",
        );
        return pullGraph(recomputed.leaves as readonly Tensor[], cotangents, [
          ...again,
          ...captured,
        ]);
      },
    };
    const wrapped = applyCustom(outputs.leaves as readonly Tensor[], [...given, ...captured], rule);
    return outputs.structure.rebuild(wrapped) as ReturnType<F>;
  };
