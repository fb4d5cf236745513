// Who is compared: each contender is a recipe, plain data, that begins with a model trained from scratch or with the study's own, and says what is done to it.

import { Language } from "../../../src/models/index.ts";
import type { Compress } from "../../../src/nn/index.ts";

/** Optimisers by name, see optimizers.ts. */
export type OptimizerName =
  | "AdamW"
  | "Adam"
  | "Adam, L2 1e-4"
  | "Adam, L2 1e-2"
  | "SGD, momentum 0.9"
  | "Lion";

/** How a model is trained from nothing. */
export interface Scratch {
  /** How its configuration differs from the study's. */
  readonly changes?: Partial<Language.Config>;
  readonly optimizer?: OptimizerName;
  readonly precision?: Language.Precision;
  /** By which the loss is multiplied, and the gradient divided before the optimiser sees it; default 1. */
  readonly factor?: number;
  /** The highest learning rate as a share of the study's. */
  readonly rate?: number;
  /** What it learns from the study's model of the same seed, besides the text. */
  readonly taughtBy?: "probabilities" | "hidden states";
}

/** Something that is done to a model. */
export type Step =
  | {
      readonly do: "prune";
      readonly how: "magnitude" | "magnitude over all leaves" | "random" | "2:4";
      readonly sparsity: number;
    }
  /** Masks that grow while it is trained on, in so many rounds. */
  | {
      readonly do: "prune gradually";
      readonly sparsity: number;
      readonly share: number;
      readonly rounds: number;
    }
  /** Shares of heads and neurons that are removed. */
  | { readonly do: "slim"; readonly heads?: number; readonly neurons?: number }
  | { readonly do: "round"; readonly format: Compress.Format; readonly activations?: true }
  /** Trained on for a share of the iterations, taught by the study's model or not. */
  | { readonly do: "tune"; readonly share: number; readonly taught?: true };

/** A contender. */
export interface Recipe {
  /** How it is trained; the study's model is taken when absent. */
  readonly scratch?: Scratch;
  readonly steps?: readonly Step[];
}

/** The name of the study's model. */
export const base = "float baseline";

const tune = (share = 0.2): Step => ({ do: "tune", share });

const quantized = (bits: 8 | 4, per: "tensor" | "channel" | { readonly group: number }) =>
  ({ kind: "quantized", bits, per }) as const;

const perNames = {
  "per tensor": "tensor",
  "per channel": "channel",
  "groups of 64": { group: 64 },
} as const;

/** int8 and int4 in every grain; with activations in int8 too, and trained to bear it. */
const rounded: readonly (readonly [string, Recipe])[] = ([8, 4] as const).flatMap((bits) =>
  Object.entries(perNames).flatMap(([name, per]): readonly (readonly [string, Recipe])[] => {
    const round = { do: "round", format: quantized(bits, per) } as const;
    return [
      [`int${bits} ${name}`, { steps: [round] }],
      [`int${bits} ${name}, dynamic`, { steps: [{ ...round, activations: true }] }],
      [`int${bits} ${name}, QAT`, { steps: [round, tune()] }],
    ];
  }),
);

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Sparsities of the study. */
export const sparsities = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95] as const;

const prunedRecipes: readonly (readonly [string, Recipe])[] = [
  ...sparsities.flatMap((sparsity): readonly (readonly [string, Recipe])[] => {
    const prune = { do: "prune", how: "magnitude", sparsity } as const;
    return [
      [`magnitude ${percent(sparsity)}`, { steps: [prune] }],
      [`magnitude ${percent(sparsity)}, tuned`, { steps: [prune, tune()] }],
      [
        `gradual ${percent(sparsity)}`,
        { steps: [{ do: "prune gradually", sparsity, share: 0.2, rounds: 8 }] },
      ],
    ];
  }),
  [
    "over all leaves 50 %, tuned",
    { steps: [{ do: "prune", how: "magnitude over all leaves", sparsity: 0.5 }, tune()] },
  ],
  ["random 50 %, tuned", { steps: [{ do: "prune", how: "random", sparsity: 0.5 }, tune()] }],
  ["2:4", { steps: [{ do: "prune", how: "2:4", sparsity: 0.5 }] }],
  ["2:4, tuned", { steps: [{ do: "prune", how: "2:4", sparsity: 0.5 }, tune()] }],
  ["half the heads, tuned", { steps: [{ do: "slim", heads: 0.5 }, tune()] }],
  ["half the neurons, tuned", { steps: [{ do: "slim", neurons: 0.5 }, tune()] }],
  ["half of both, tuned", { steps: [{ do: "slim", heads: 0.5, neurons: 0.5 }, tune()] }],
];

/** Half the width and half the layers. */
const half: Partial<Language.Config> = { width: 64, layers: 2 };

/** The recipes by the contenders' names. */
export const recipes: ReadonlyMap<string, Recipe> = new Map<string, Recipe>([
  [base, { scratch: {} }],
  ["trained on", { steps: [tune()] }],
  ["nanoGPT's rate", { scratch: { rate: 0.5 } }],
  ["modern parts", { scratch: { changes: Language.configOf("nano-modern", 1) } }],
  ["Adam", { scratch: { optimizer: "Adam" } }],
  ["Adam, L2 1e-4", { scratch: { optimizer: "Adam, L2 1e-4" } }],
  ["Adam, L2 1e-2", { scratch: { optimizer: "Adam, L2 1e-2" } }],
  ["Lion, a third of the rate", { scratch: { optimizer: "Lion", rate: 1 / 3 } }],
  ...[10, 30, 100, 300].map((rate): readonly [string, Recipe] => [
    `SGD, ${rate} times the rate`,
    { scratch: { optimizer: "SGD, momentum 0.9", rate } },
  ]),
  ["bf16", { scratch: { precision: "bf16" } }],
  ["f16", { scratch: { precision: "f16" } }],
  ["f16, loss not scaled", { scratch: { precision: "f16-unscaled" } }],
  // As small as gradients are of a mean over 786 432 characters.
  ["f16, 1/1024", { scratch: { precision: "f16", factor: 2 ** -10 } }],
  ["f16, 1/1024, loss not scaled", { scratch: { precision: "f16-unscaled", factor: 2 ** -10 } }],
  ["window of 16", { scratch: { changes: { attention: { kind: "window", window: 16 } } } }],
  ["linear", { scratch: { changes: { attention: { kind: "linear" } } } }],
  ["two groups", { scratch: { changes: { groups: 2 } } }],
  ["multi-query", { scratch: { changes: { groups: 1 } } }],
  ...rounded,
  ...prunedRecipes,
  ["half size, from scratch", { scratch: { changes: half } }],
  ["half size, soft targets", { scratch: { changes: half, taughtBy: "probabilities" } }],
  ["half size, hidden states", { scratch: { changes: half, taughtBy: "hidden states" } }],
  [
    "50 % pruned, taught, int8",
    {
      steps: [
        { do: "prune", how: "magnitude", sparsity: 0.5 },
        { do: "tune", share: 0.2, taught: true },
        { do: "round", format: quantized(8, "channel") },
      ],
    },
  ],
  [
    "half the neurons, taught, int4 with QAT",
    {
      steps: [
        { do: "slim", neurons: 0.5 },
        { do: "tune", share: 0.2, taught: true },
        { do: "round", format: quantized(4, { group: 64 }) },
        { do: "tune", share: 0.1, taught: true },
      ],
    },
  ],
]);
