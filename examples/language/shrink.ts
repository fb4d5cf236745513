// The steps of compress that need no training: heads, neurons and single weights go, and what is left is rounded.

import { leavesOf } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import { Compress } from "../../src/nn/index.ts";
import type { CompressOptions, PruneChoice, Rounding } from "./options.ts";
import { shareOfZeros } from "./zeros.ts";

/** A model after a step, and what the step was. */
export interface Step {
  readonly name: string;
  readonly specimen: Language.Specimen;
}

/** The matrices of the layers: what is pruned. Tables of tokens and places are left whole. */
export const isPruned = (leaf: { readonly shape: readonly number[] }, path: string): boolean =>
  leaf.shape.length >= 2 && path.startsWith("layers");

/** A model as a specimen: what is 0 in the matrices of its layers was pruned, now or before it was written, and stays so. */
const specimenOf = Language.keepingZeros(isPruned);

/** The share of zeros in the matrices of the layers. */
export const sparsityOf = ({ params: { layers } }: Language.Specimen): number =>
  shareOfZeros(leavesOf(layers).filter(({ shape }) => shape.length >= 2));

/** How many of so many parts stay when a share of them goes: one at least. */
const kept = (all: number, share: number): number => Math.max(1, Math.round((1 - share) * all));

const withoutHeads = (share: number, specimen: Language.Specimen): Step => {
  const { config, params } = specimen;
  const groups = Language.groupsOf(config);
  const heads = kept(groups, share) * (config.heads / groups);
  const name = `${heads} of ${config.heads} heads`;
  return { name, specimen: specimenOf(Language.slim({ heads })(config, params)) };
};

const withoutNeurons = (share: number, specimen: Language.Specimen): Step => {
  const { config, params } = specimen;
  const all = Language.hiddenOf(config);
  // In fours, where there are so many: the machine computes so, and weights that read them may go two of every four.
  const hidden = all % 4 === 0 ? 4 * kept(all / 4, share) : kept(all, share);
  const name = `${hidden} of ${all} neurons`;
  return { name, specimen: specimenOf(Language.slim({ hidden })(config, params)) };
};

/** The smallest weights gone: those that were 0 before are the first of them. */
const withoutWeights = (choice: PruneChoice, { config, params }: Language.Specimen): Step => {
  const pruning =
    choice === "2:4"
      ? Compress.nOfM({ n: 2, m: 4, choose: isPruned })
      : Compress.magnitude({ sparsity: choice, choose: isPruned });
  const next = specimenOf(Language.pruned(pruning)({ config, params }));
  return choice === "2:4"
    ? { name: "2 of 4 weights", specimen: inPairs({ kind: "dense" }, next) }
    : { name: `${+(100 * choice).toFixed(2)} % pruned`, specimen: next };
};

/** A specimen of which two of every four weights are left, as these two, in a format that all other matrices have as well. */
const inPairs = (
  values: Compress.Dense | Compress.QuantizedFormat,
  specimen: Language.Specimen,
): Language.Specimen => {
  const whole = Compress.matrices(values);
  const formats = Compress.formatsOf(specimen.params, (leaf) =>
    isPruned(leaf, leaf.path) ? { kind: "pairs", values } : whole(leaf),
  );
  return Language.rounded(formats)(specimen);
};

/** Whether a specimen is stored in pairs. */
const isInPairs = ({ formats = {} }: Language.Specimen): boolean =>
  Object.values(formats).some(({ kind }) => kind === "pairs");

const inInts = ({ bits, per }: Rounding, specimen: Language.Specimen): Step => {
  const shared = typeof per === "string" ? per : `group of ${per.group}`;
  const format: Compress.QuantizedFormat = { kind: "quantized", bits, per };
  const next = isInPairs(specimen) ? inPairs(format, specimen) : Language.rounded(format)(specimen);
  Language.stored(next); // refuses groups that do not divide before anything takes time
  return { name: `${bits} bits per ${shared}`, specimen: next };
};

/** The steps that need no training, one after the other. */
export const stepsOf = (
  { heads, neurons, prune, rounding }: CompressOptions,
  first: Language.Model,
): readonly Step[] => {
  const steps: Step[] = [{ name: "as it was", specimen: specimenOf(first) }];
  const go = <A>(choice: A | undefined, by: (choice: A, specimen: Language.Specimen) => Step) => {
    const last = steps.at(-1) as Step; // the first at least
    if (choice !== undefined) steps.push(by(choice, last.specimen));
  };
  go(heads, withoutHeads);
  go(neurons, withoutNeurons);
  go(prune, withoutWeights);
  go(rounding, inInts);
  return steps;
};
