// What the recurrent layers share: the weights of their gates side by side, and the walk over a
// sequence. The input's share of all gates does not depend on the state, so it is one product for the
// whole sequence; only the state's share is computed step by step.

import { fail } from "../core/errors.ts";
import { printShape, range } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Multiply } from "../core/types/index.ts";
import { add } from "../ops/arithmetic.ts";
import { matmul } from "../ops/contract.ts";
import { zeros } from "../ops/create.ts";
import { splitKey } from "../ops/random.ts";
import { narrow } from "../ops/slice.ts";
import { squeeze, stack } from "../ops/structural.ts";
import { uniformWithin } from "./init.ts";
import type { Sized } from "./shapes.ts";

/** Weights and biases of the gates side by side, without arguments of any sizes; PyTorch keeps the weights transposed. */
export interface Params<
  Inputs extends number = number,
  Hidden extends number = number,
  Gates extends number = number,
> {
  /** [inputs, gates · hidden] */
  readonly inputWeight: Tensor<Sized<readonly [Inputs, Multiply<Gates, Hidden>]>>;
  /** [hidden, gates · hidden] */
  readonly hiddenWeight: Tensor<Sized<readonly [Hidden, Multiply<Gates, Hidden>]>>;
  /** [gates · hidden] */
  readonly inputBias: Tensor<Sized<readonly [Multiply<Gates, Hidden>]>>;
  /** [gates · hidden] */
  readonly hiddenBias: Tensor<Sized<readonly [Multiply<Gates, Hidden>]>>;
}

/** Sizes of a recurrent layer. */
export interface Config<Inputs extends number = number, Hidden extends number = number> {
  readonly inputs: Inputs;
  readonly hidden: Hidden;
}

/** Which way a sequence is read. */
export interface Direction {
  /** From the last step to the first; default false. */
  readonly reverse?: boolean;
}

/** What a recurrent layer makes of a sequence. */
export interface Sequence<S> {
  /** [..., time, hidden], in order of time whichever way it was read. */
  readonly outputs: Tensor;
  /** The state after the step that was read last. */
  readonly last: S;
}

/** Everything uniform in ±1/√hidden, as PyTorch. */
export const initGates = <Inputs extends number, Hidden extends number, Gates extends number>(
  key: Tensor,
  { inputs, hidden }: Config<Inputs, Hidden>,
  gates: Gates,
): Params<Inputs, Hidden, Gates> => {
  const [a, b, c, d] = splitKey(key, 4);
  const draw = uniformWithin(1 / Math.sqrt(hidden));
  return {
    inputWeight: draw(a, [inputs, gates * hidden]),
    hiddenWeight: draw(b, [hidden, gates * hidden]),
    inputBias: draw(c, [gates * hidden]),
    hiddenBias: draw(d, [gates * hidden]),
  } as Params<Inputs, Hidden, Gates>; // the shapes that the draws are asked for
};

/** The input's share of the gates, x W + b: [..., inputs] → [..., gates · hidden]. */
export const ofInput = ({ inputWeight, inputBias }: Params, x: Tensor): Tensor =>
  add(matmul(x, inputWeight), inputBias);

/** The state's share of the gates, h U + c: [..., hidden] → [..., gates · hidden]. */
export const ofState = ({ hiddenWeight, hiddenBias }: Params, h: Tensor): Tensor =>
  add(matmul(h, hiddenWeight), hiddenBias);

/** Gate i of several side by side: [..., gates · hidden] → [..., hidden]. */
export const gateOf = ({ hiddenWeight }: Params, gates: Tensor, i: number): Tensor => {
  const hidden = hiddenWeight.shape[0] as number; // a matrix
  return narrow(gates, gates.shape.length - 1, i * hidden, hidden);
};

/** A state of zeros for a sequence: x [..., time, inputs] → [..., hidden]. */
export const zeroState = ({ hiddenWeight }: Params, x: Tensor): Tensor =>
  zeros([...x.shape.slice(0, -2), hiddenWeight.shape[0] as number], x.dtype); // a matrix

/** The state after one step, from the input's share of the gates and the state before. */
export type Step<S> = (projected: Tensor, state: S) => S;

/** The states after every step, in order of time: projected [..., time, gates · hidden]. */
export const walk = <S>(
  step: Step<S>,
  projected: Tensor,
  initial: S,
  { reverse = false }: Direction,
): readonly S[] => {
  const axis = projected.shape.length - 2;
  const times = range(projected.shape[axis] as number); // [..., time, gates · hidden]
  let state = initial;
  const states = (reverse ? times.reverse() : times).map((t) => {
    state = step(squeeze(axis)(narrow(projected, axis, t, 1)), state);
    return state;
  });
  return reverse ? states.reverse() : states;
};

/** Refuses what is no sequence: x [..., time, inputs] of one step or more expected. */
export const requireSequence = (op: string, x: Tensor): void => {
  if (x.shape.length < 2 || x.shape.at(-2) === 0) {
    const rule = "a sequence [..., time, inputs] of one step or more expected";
    fail(op, "ShapeMismatch", rule, printShape(x.shape));
  }
};

/** The outputs of all states stacked along time, and the state that came last. */
export const collect = <S>(
  states: readonly S[],
  output: (state: S) => Tensor,
  { reverse = false }: Direction,
): Sequence<S> => ({
  outputs: stack({ axis: -2 })(states.map(output)), // [..., time, hidden]
  last: states.at(reverse ? 0 : -1) as S, // one step or more
});
