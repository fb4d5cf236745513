// Modules: how parameters start and what they do, with the configuration closed over, so that
// networks can be put together from them. Composition is a monoid: `identity` changes nothing, and
// however parts are bracketed, the same parts get the same keys, so that the leaves of the
// parameters and every output are the same, bit for bit.

import { fail } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import { splitKey } from "../ops/random.ts";
import { concat } from "../ops/structural.ts";

/** A part of a network with parameters P, a tree of tensors. Any record of these two functions is one. */
export interface Module<P> {
  readonly init: (key: Tensor) => P;
  readonly apply: (params: P) => (x: Tensor) => Tensor;
}

/** A module made of others: it says how many keys they need, and takes them one by one. */
interface Composite<P> extends Module<P> {
  readonly keys: number;
  readonly initFrom: (keys: readonly Tensor[]) => P;
}

const composite = <P>({ keys, initFrom, apply }: Omit<Composite<P>, "init">): Composite<P> => ({
  keys,
  initFrom,
  apply,
  // One key is handed on as it is, so that f composed with `identity` starts as f does.
  init: (key) => initFrom(keys === 1 ? [key] : splitKey(key, keys)),
});

/** A module that is not made of others is a composite of one key. */
const compositeOf = <P>(module: Module<P>): Composite<P> =>
  "initFrom" in module
    ? (module as Composite<P>) // made here
    : { ...module, keys: 1, initFrom: ([key]) => module.init(key as Tensor) };

/** A module for each member of a tuple of parameters. */
type ModulesOf<Ps extends readonly unknown[]> = { readonly [K in keyof Ps]: Module<Ps[K]> };

/** The parameters of several modules as a tuple; each takes its own run of the keys. */
const together = <Ps extends readonly unknown[]>(modules: ModulesOf<Ps>) => {
  const parts = (modules as readonly Module<unknown>[]).map(compositeOf);
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, { keys }) => sum + keys, 0));
  return {
    keys: parts.reduce((sum, { keys }) => sum + keys, 0),
    initFrom: (keys: readonly Tensor[]) =>
      parts.map((part, i) => {
        const start = starts[i] as number; // one for each part
        return part.initFrom(keys.slice(start, start + part.keys));
      }) as readonly unknown[] as Ps, // one for each module
    /** The functions of all parts under parameters of theirs. */
    functions: (params: Ps) => parts.map((part, i) => part.apply(params[i])),
  };
};

/**
 * A function as a module without parameters: an activation, a pooling, a change of shape.
 *
 * @example
 * toArray(lift(relu).apply([])(tensor([-1, 2]))) // [0, 2]
 */
export const lift = (f: (x: Tensor) => Tensor): Module<readonly []> =>
  composite<readonly []>({ keys: 0, initFrom: () => [], apply: () => f });

/**
 * The module that gives back what it gets: neutral in `sequential`.
 *
 * @example
 * toArray(identity.apply([])(tensor([1, 2]))) // [1, 2]
 */
export const identity: Module<readonly []> = lift((x) => x);

/**
 * One module after another. The parameters are a tuple, one member for each module.
 *
 * @example
 * const { init, apply } = sequential(
 *   Linear.module({ inputs: 3, outputs: 8 }),
 *   lift(relu),
 *   Linear.module({ inputs: 8, outputs: 2 }),
 * );
 * apply(init(key(0)))(x) // [5, 3] → [5, 2]
 */
export const sequential = <Ps extends readonly unknown[]>(
  ...modules: ModulesOf<Ps>
): Module<Ps> => {
  const { functions, ...rest } = together<Ps>(modules);
  const apply = (params: Ps) => (x: Tensor) => functions(params).reduce((y, f) => f(y), x);
  return composite({ ...rest, apply });
};

/**
 * x + f(x), with the parameters of f, whose result has the shape of x. He et al., "Deep residual
 * learning for image recognition", CVPR 2016, equation 1.
 *
 * @example
 * const block = residual(sequential(LayerNorm.module(4), Linear.module({ inputs: 4, outputs: 4 })));
 * block.apply(block.init(key(0)))(x) // [5, 4] → [5, 4]
 */
export const residual = <P>(module: Module<P>): Module<P> => {
  const { keys, initFrom, apply } = compositeOf(module);
  return composite({ keys, initFrom, apply: (params) => (x) => add(x, apply(params)(x)) });
};

/**
 * Several modules on one input, their results side by side along the last axis: branches, or the two
 * directions of a recurrent layer. The parameters are a tuple, one member for each module.
 *
 * Fails with InvalidArgument when there are none.
 *
 * @example
 * const sizes = { inputs: 3, hidden: 4 };
 * const both = parallel(Gru.module(sizes), Gru.module({ ...sizes, reverse: true }));
 * both.apply(both.init(key(0)))(x) // [5, 7, 3] → [5, 7, 8]
 */
export const parallel = <Ps extends readonly unknown[]>(...modules: ModulesOf<Ps>): Module<Ps> => {
  if (modules.length === 0)
    fail("parallel", "InvalidArgument", "one module or more expected", "none");
  const { functions, ...rest } = together<Ps>(modules);
  const apply = (params: Ps) => (x: Tensor) =>
    concat({ axis: -1 })(functions(params).map((f) => f(x)));
  return composite({ ...rest, apply });
};
