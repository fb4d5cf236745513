// Tasks for the tests of data parallel training, as a worker imports them: small networks of an embedding and layers, and ways in which a task
// goes wrong.

import {
  add,
  bernoulli,
  div,
  foldIn,
  full,
  key,
  less,
  matmul,
  max,
  mean,
  mod,
  mul,
  normal,
  sqrt,
  square,
  stopGradient,
  sub,
  type Tensor,
  take,
  tanh,
  tensor,
  where,
} from "../../../src/index.ts";
import {
  accumulate,
  adamW,
  clipByGlobalNorm,
  datasetOf,
  isMatrix,
  lamb,
  lion,
  nAdam,
  type Optimizer,
  partition,
  sgd,
} from "../../../src/nn/index.ts";
import type { ParallelTask } from "../../../src/nn/parallel/task.ts";

/** Optimisers by name. */
export const optimizers = {
  adamW: adamW({ learningRate: 0.02, mask: isMatrix }),
  scheduled: adamW({ learningRate: (step: Tensor) => div(0.1, add(step, 2)) }),
  plain: sgd({ learningRate: 1 }),
  sgd: sgd({ learningRate: 0.05, momentum: 0.9 }),
  lion: lion({ learningRate: 0.01 }),
  nAdam: nAdam({ learningRate: 0.01 }),
  lamb: lamb({ learningRate: 0.02 }),
  partition: partition(
    { words: adamW({ learningRate: 0.02 }), rest: sgd({ learningRate: 0.05 }) },
    (_, path) => (path === "words" ? "words" : "rest"),
  ),
  clipped: clipByGlobalNorm(1),
  every2: accumulate(2)(sgd({ learningRate: 0.05 })),
} satisfies Record<string, Optimizer>;

/** A network of `layers` layers of a width on the embeddings of `symbols` symbols. */
export interface Sizes {
  readonly symbols: number;
  readonly width: number;
  readonly layers: number;
}

/** Networks that are trained together. */
export interface NetworksOptions {
  readonly networks: readonly Sizes[];
  readonly optimizer: keyof typeof optimizers;
  readonly dtype?: "f32" | "f64";
  /** The share of the last layer's outputs that is dropped. */
  readonly dropout?: number;
}

/** The parameters of one of them. */
export interface Network {
  readonly words: Tensor;
  readonly layers: readonly { readonly weight: Tensor; readonly bias: Tensor }[];
  readonly scale: Tensor;
}

/** Numbers that stand for symbols, i32 [batch], and numbers to be told from them, [batch, 1]. */
export interface Rows {
  readonly symbol: Tensor;
  readonly target: Tensor;
}

/** How many examples there are. */
export const examples = 24;

/** A task that can be done: the mean loss of all networks, each of which has to tell a number from a symbol. */
export const networks = ({
  networks: sizes,
  optimizer,
  dtype = "f32",
  dropout = 0,
}: NetworksOptions): ParallelTask<readonly Network[], Rows> => ({
  init: () =>
    sizes.map(({ symbols, width, layers }, n) => {
      const draw = (i: number, shape: readonly number[]): Tensor =>
        normal(foldIn(key(n), i), shape, { dtype });
      return {
        words: draw(0, [symbols, width]),
        layers: Array.from({ length: layers }, (_, i) => ({
          weight: mul(draw(2 * i + 1, [width, width]), 0.5),
          bias: draw(2 * i + 2, [width]),
        })),
        scale: tensor(0.5, { dtype }),
      };
    }),
  loss: (params, { symbol, target }, own) => {
    const losses = params.map(({ words, layers, scale }): Tensor => {
      let x: Tensor = take({ axis: 0 })(words, mod(symbol, words.shape[0] as number));
      for (const { weight, bias } of layers) x = tanh(add(matmul(x, weight), bias));
      const kept = dropout === 0 ? x : where(bernoulli(own, x.shape, { p: 1 - dropout }), x, 0);
      const said = mul(mean({ axis: -1, keepDims: true })(kept), scale); // [batch, 1]
      return mean(square(sub(said, target)));
    });
    return div(
      losses.reduce((a, b) => add(a, b)),
      losses.length,
    );
  },
  optimizer: optimizers[optimizer],
  data: datasetOf({
    symbol: tensor(Int32Array.from({ length: examples }, (_, i) => i * 7 + 3)),
    target: normal(key(99), [examples, 1], { dtype }),
  }),
});

/** What goes wrong with the example 5 of `flawed`. */
export type Mishap = "index" | "loss" | "slope" | "data" | "NaN" | "exit" | "hang";

const small: NetworksOptions = {
  networks: [{ symbols: 4, width: 3, layers: 1 }],
  optimizer: "adamW",
};

/** A task whose example 5 goes wrong. */
export const flawed = ({
  mishap,
}: {
  readonly mishap: Mishap;
}): ParallelTask<readonly Network[], Rows> => {
  const good = networks(small);
  return {
    ...good,
    loss: (params, batch, own) => {
      const loss = good.loss(params, batch, own);
      const { words, scale } = params[0] as Network; // there is one
      const { symbol } = batch;
      switch (mishap) {
        case "loss":
          throw new Error("no loss today");
        case "index":
          return add(
            loss,
            mul(mean(take({ axis: 0 })(words, where(less(999)(symbol), 0, symbol))), 0),
          );
        case "slope": // √ of 0 has an infinite one
          return add(
            loss,
            sqrt(add(sub(scale, stopGradient(scale)), where(less(999)(max(symbol)), 1, 0))),
          );
        default:
          return loss;
      }
    },
    data: {
      length: examples,
      batch: async (indices) => {
        const batch = await good.data.batch(indices);
        if (!indices.includes(5)) return batch;
        switch (mishap) {
          case "index":
          case "slope":
            return { ...batch, symbol: full(batch.symbol.shape, 10_000, "i32") };
          case "NaN":
            return { ...batch, target: full(batch.target.shape, Number.NaN) };
          case "data":
            throw new Error("no such row");
          case "exit":
            return process.exit(3);
          case "hang":
            for (;;);
          case "loss":
            return batch;
        }
      },
    },
  };
};

/** No task. */
export const nothing = (): number => 7;
/** A task without a loss. */
export const lossless = () => ({ ...networks(small), loss: undefined });
/** A task that is not made. */
export const broken = (): never => {
  throw new Error("no file of that name");
};
/** A task of parameters that are no floats. */
export const whole = () => ({
  ...networks(small),
  init: () => ({ n: tensor([1, 2], { dtype: "i32" }) }),
});
/** A task of parameters that are not made. */
export const unmade = () => ({ ...networks(small), init: broken });
/** No function. */
export const seven = 7;
