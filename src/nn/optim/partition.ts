// Different transformations for different parameters.

import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { flattenTree, leavesOf, mapTree } from "../../core/tree.ts";
import { type Labels, labelsOf } from "./labels.ts";
import { chain, type Optimizer } from "./transform.ts";

/** The state of each optimiser, by label. */
export type PartitionState<Label extends string = string> = Readonly<Record<Label, unknown>>;

/**
 * An optimiser for each label, and a label for each leaf: by a function of the leaf and its path, or
 * by a tree of labels, where one label stands for all leaves below. Each optimiser sees its own
 * leaves, with null in the places of others. Fails with InvalidArgument when a label has no optimiser.
 *
 * @example
 * const optimizer = partition(
 *   { slow: sgd({ learningRate: 0.5 }), frozen: freeze() },
 *   { body: "frozen", head: "slow" },
 * );
 * const p = { body: { w: tensor([1]) }, head: { w: tensor([1]) } };
 * const [updates] = optimizer.update(p, optimizer.init(p), p);
 * console.log(toArray(updates.body.w), toArray(updates.head.w)) // [0] [-0.5]
 */
export const partition = <Label extends string>(
  optimizers: Readonly<Record<Label, Optimizer>>,
  labels: Labels<NoInfer<Label>>,
): Optimizer<PartitionState<Label>> => {
  const names = Object.keys(optimizers) as Label[]; // the names of a record
  const forEach = (of: (name: Label) => unknown): PartitionState<Label> =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as PartitionState<Label>; // all names
  return {
    init: (params) => {
      const owners = ownersOf(names, labels, params);
      return forEach((name) => optimizers[name].init(only(name, owners, params)));
    },
    update: (updates, state, params) => {
      const owners = ownersOf(names, labels, params);
      const results = forEach((name) =>
        optimizers[name].update(
          only(name, owners, updates),
          state[name],
          only(name, owners, params),
        ),
      ) as Readonly<Record<Label, readonly [unknown, unknown]>>; // what `update` returns
      const parts = forEach((name) => [...leavesOf(results[name][0])]) as Record<Label, Tensor[]>;
      let leaf = 0;
      const merged = mapTree(updates, () => parts[owners[leaf++] as Label].shift());
      return [merged, forEach((name) => results[name][1])];
    },
  };
};

/** The label of each leaf, each with an optimiser. */
const ownersOf = <Label extends string>(
  names: readonly Label[],
  labels: Labels<Label>,
  params: unknown,
): readonly Label[] => {
  const owners = labelsOf<Label>("partition", labels, params);
  const stray = owners.findIndex((owner) => !names.includes(owner));
  if (stray < 0) return owners;
  const path = flattenTree(params, "partition").structure.paths[stray];
  const rule = `a label among ${names.join(", ")} expected`;
  return fail("partition", "InvalidArgument", rule, `"${owners[stray]}" at ${path}`);
};

/** A tree with null in place of leaves that belong to others. */
const only = <P>(name: string, owners: readonly string[], tree: P): P => {
  let leaf = 0;
  return mapTree(tree, (x) => (owners[leaf++] === name ? x : null));
};

/**
 * A transformation of some leaves, by a function of leaf and path or a tree of booleans; the updates
 * of all others pass as they are.
 *
 * @example
 * const p = { w: tensor([[1]]), b: tensor([1]) };
 * const doubled = masked(isMatrix)(scale(2));
 * const [updates] = doubled.update(p, doubled.init(p), p);
 * console.log(toArray(updates.w), toArray(updates.b)) // [[2]] [1]
 */
export const masked =
  (mask: Labels<boolean>) =>
  (optimizer: Optimizer): Optimizer<PartitionState<"chosen" | "others">> => {
    const parts = { chosen: optimizer, others: chain() };
    // Masks become labels once the tree is known.
    const labelled = (params: unknown) => {
      const isChosen = labelsOf("masked", mask, params);
      const { paths } = flattenTree(params, "masked").structure;
      const places = new Map(paths.map((path, i) => [path, isChosen[i]]));
      return partition(parts, (_, path) => (places.get(path) ? "chosen" : "others"));
    };
    return {
      init: (params) => labelled(params).init(params),
      update: (updates, state, params) => labelled(params).update(updates, state, params),
    };
  };
