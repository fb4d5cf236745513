// Gradient descent, plain and with momentum.

import { mapTree, zipTrees } from "../../core/tree.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { zerosLike } from "../../ops/create.ts";
import { type DecayOptions, decayUnlessZero } from "./decay.ts";
import { type Counted, countOn, readSettings, type Setting, startCount } from "./setting.ts";
import { chain, descend, type Optimizer } from "./transform.ts";

/** Options of `trace`. */
export interface TraceOptions {
  /** Decay of the trace, μ. */
  readonly momentum: Setting;
  /** Whether to look one step ahead; default no. */
  readonly nesterov?: boolean;
}

/** A decaying sum of the updates. */
export interface TraceState<P = unknown> extends Counted {
  readonly trace: P;
}

/**
 * m = μ m + g, and as the update m, or μ m + g for Nesterov's. As PyTorch's SGD without dampening.
 * Sutskever, Martens, Dahl & Hinton, "On the importance of initialization and momentum in deep
 * learning", ICML 2013.
 *
 * @example
 * const heavy = trace({ momentum: 0.5 });
 * const g = tensor([4]);
 * const [, after] = heavy.update(g, heavy.init(g), g);
 * toArray(heavy.update(g, after, g)[0]) // [6]
 */
export const trace = ({ momentum, nesterov = false }: TraceOptions): Optimizer<TraceState> => ({
  init: (params) => ({ trace: mapTree(params, zerosLike), ...startCount([momentum]) }),
  update: (updates, state) => {
    const before = state.trace as typeof updates; // init made it for this tree
    const read = readSettings(state);
    const pushed = (trace: typeof updates) =>
      zipTrees((m, g) => add(mul(m, read(momentum, g.dtype)), g), trace, updates);
    const now = pushed(before);
    return [nesterov ? pushed(now) : now, { trace: now, ...countOn(state) }];
  },
});

/** Options of `sgd`. */
export interface SgdOptions extends DecayOptions {
  readonly learningRate: Setting;
  /** Default 0: no memory. */
  readonly momentum?: Setting;
  readonly nesterov?: boolean;
  /** Decay that is part of the gradient, as PyTorch's; default 0. */
  readonly weightDecay?: Setting;
}

/**
 * θ −= learningRate · g, where g may have decayed weights added and momentum applied, in this order.
 *
 * @example
 * const optimizer = sgd({ learningRate: 0.5, momentum: 0.9, nesterov: true });
 * const w = tensor([1, -2]);
 * const [updates] = optimizer.update(w, optimizer.init(w), w); // the gradient of ½ w² is w
 * toArray(mul(updates, 100)) // [-95, 190]
 */
export const sgd = ({
  learningRate,
  momentum = 0,
  nesterov = false,
  weightDecay = 0,
  ...decay
}: SgdOptions): Optimizer<readonly unknown[]> =>
  chain(
    decayUnlessZero(weightDecay, decay),
    momentum === 0 ? chain() : trace({ momentum, nesterov }),
    descend(learningRate),
  );
