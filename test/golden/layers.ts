// Layers of src/nn in the input order that `make.py` states.

import type { Tensor } from "../../src/index.ts";
import { gelu } from "../../src/index.ts";
import {
  Attention,
  BatchNorm,
  Conv,
  GroupNorm,
  Gru,
  LayerNorm,
  Linear,
  Lstm,
  lift,
  type Module,
  parallel,
  RmsNorm,
  Rnn,
  residual,
  sequential,
} from "../../src/nn/index.ts";
import type { Application } from "./applications.ts";

/** The same with options of the type that the op wants; JSON decides them. */
const given =
  <O>(apply: (options: O, inputs: readonly Tensor[]) => Tensor | readonly Tensor[]): Application =>
  (options, inputs) =>
    apply(options as O, inputs);

type Four = readonly [Tensor, Tensor, Tensor, Tensor];

/** Weights of gates from PyTorch's, which the cases hand over transposed. */
const gates = (weights: readonly Tensor[]): Gru.Params => {
  const [inputWeight, hiddenWeight, inputBias, hiddenBias] = weights as unknown as Four;
  return { inputWeight, hiddenWeight, inputBias, hiddenBias };
};

/** Outputs and the last state of a layer whose state is one tensor. */
const recurrent = (layer: typeof Rnn | typeof Gru): Application =>
  given<Rnn.Options>((options, [x, h, ...weights]) => {
    const { outputs, last } = layer.sequence(gates(weights), options)(x as Tensor, h);
    return [outputs, last];
  });

const kinds = { Rnn, Gru, Lstm };

interface Kind {
  readonly kind: keyof typeof kinds;
}

/** Two recurrent modules, put together, under two sets of weights. */
const two = (
  combine: (first: Module<Gru.Params>, second: Module<Gru.Params>) => Module<unknown>,
  reverse: boolean,
): Application =>
  given<Kind>(({ kind }, [x, ...weights]) => {
    const sizes = { inputs: 0, hidden: 0 }; // for `init` alone
    const [first, second] = [{}, { reverse }].map((options) =>
      kinds[kind].module({ ...sizes, ...options }),
    ) as [Module<Gru.Params>, Module<Gru.Params>]; // two
    const params = [gates(weights.slice(0, 4)), gates(weights.slice(4))];
    return combine(first, second).apply(params)(x as Tensor);
  });

type AnyModule = Module<unknown>;

const attentionParams = (weights: readonly Tensor[]): Attention.Params => {
  const [wqkv, bqkv, wo, bo] = weights as unknown as Four;
  return { input: { weight: wqkv, bias: bqkv }, output: { weight: wo, bias: bo } };
};

/** A layer with gain and bias from its inputs. */
type Affine = readonly [x: Tensor, gain: Tensor, bias: Tensor];

/** PyTorch's TransformerEncoderLayer, normalised first, with gelu; every query sees the past. */
const transformerBlock = given<{ readonly heads: number }>(({ heads }, [x, ...p]) => {
  const at = (i: number): Tensor => p[i] as Tensor; // as many as the case has
  const norm = (i: number) => ({ gain: at(i), bias: at(i + 1) });
  const linear = (i: number) => ({ weight: at(i), bias: at(i + 1) });
  const [width, inner] = at(8).shape as [number, number];
  const block = sequential(
    residual(sequential(LayerNorm.module(width), Attention.module({ width, heads, causal: true }))),
    residual(
      sequential(
        LayerNorm.module(width),
        Linear.module({ inputs: width, outputs: inner }),
        lift(gelu),
        Linear.module({ inputs: inner, outputs: width }),
      ),
    ),
  );
  return block.apply([
    [norm(0), attentionParams(p.slice(2, 6))],
    [norm(6), linear(8), [], linear(10)],
  ])(x as Tensor);
});

/** Every op of layers.json. */
export const layers: Readonly<Record<string, Application>> = {
  Conv: given<Conv.Options>((options, inputs) => {
    const [x, weight, bias] = inputs as unknown as Affine;
    return Conv.apply({ weight, bias }, options)(x);
  }),
  "BatchNorm.train": given<BatchNorm.Options>((options, inputs) => {
    const [x, gain, bias, mean, variance] = inputs as unknown as [...Affine, Tensor, Tensor];
    const { y, state } = BatchNorm.train({ gain, bias }, { mean, variance }, options)(x);
    return [y, state.mean, state.variance];
  }),
  "BatchNorm.infer": given<BatchNorm.Options>((options, inputs) => {
    const [x, gain, bias, mean, variance] = inputs as unknown as [...Affine, Tensor, Tensor];
    return BatchNorm.infer({ gain, bias }, { mean, variance }, options)(x);
  }),
  GroupNorm: given<GroupNorm.Options>((options, inputs) => {
    const [x, gain, bias] = inputs as unknown as Affine;
    return GroupNorm.apply({ gain, bias }, options)(x);
  }),
  RmsNorm: given<Parameters<typeof RmsNorm.apply>[1]>((options, [x, gain]) =>
    RmsNorm.apply({ gain: gain as Tensor }, options)(x as Tensor),
  ),
  Rnn: recurrent(Rnn),
  Gru: recurrent(Gru),
  Lstm: (_, [x, h, c, ...weights]) => {
    const initial = { h: h as Tensor, c: c as Tensor };
    const { outputs, last } = Lstm.sequence(gates(weights))(x as Tensor, initial);
    return [outputs, last.h, last.c];
  },
  stacked: two((first, second) => sequential(first, second) as AnyModule, false),
  bidirectional: two((first, second) => parallel(first, second) as AnyModule, true),
  "Attention.cross": given<{ readonly heads: number }>(({ heads }, [x, context, ...rest]) => {
    const mask = rest[4];
    const options = mask === undefined ? { heads } : { heads, mask };
    return Attention.apply(attentionParams(rest), options)(x as Tensor, context);
  }),
  transformerBlock,
};
