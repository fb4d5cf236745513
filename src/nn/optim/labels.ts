// Labels for the leaves of a tree: by a function, or by a tree that begins like it.

import { fail } from "../../core/errors.ts";
import { isTensor, type Tensor } from "../../core/tensor.ts";
import { flattenTree } from "../../core/tree.ts";

/** Labels put together as the tree that they are for; one label stands for everything below it. */
export type LabelTree<L> = L | readonly LabelTree<L>[] | { readonly [name: string]: LabelTree<L> };

/** A label for each leaf, by the leaf and its path (`layers[0].weight`), or as a tree. */
export type Labels<L extends string | boolean> = ((leaf: Tensor, path: string) => L) | LabelTree<L>;

/** The label of each leaf of a tree, in the order of its leaves. */
export const labelsOf = <L extends string | boolean>(
  op: string,
  labels: Labels<L>,
  tree: unknown,
): readonly L[] => {
  if (typeof labels !== "function") return labelsBelow(op, labels, tree, "");
  const { leaves, structure } = flattenTree(tree, op);
  return leaves.map((leaf, i) => labels(leaf as Tensor, structure.paths[i] as string)); // no numbers here
};

type Branch<L> = Readonly<Record<string, LabelTree<L>>>;

const labelsBelow = <L extends string | boolean>(
  op: string,
  labels: LabelTree<L>,
  tree: unknown,
  path: string,
): readonly L[] => {
  if (typeof labels !== "object") return flattenTree(tree, op).leaves.map(() => labels as L);
  if (tree === null || tree === undefined) return [];
  const where = path === "" ? "the root" : path;
  if (isTensor(tree) || typeof tree !== "object")
    return fail(op, "InvalidArgument", `a label at ${where} expected`, "a record or an array");
  const extra = Object.keys(labels).find((name) => !Object.hasOwn(tree, name));
  if (extra !== undefined)
    return fail(op, "InvalidArgument", `labels for fields at ${where} expected`, `"${extra}"`);
  return Object.entries(tree).flatMap(([name, part]) => {
    const label = (labels as Branch<L>)[name]; // an array has the names 0, 1, …
    const below = path === "" ? name : `${path}.${name}`;
    if (label === undefined && flattenTree(part, op).leaves.length > 0)
      return fail(op, "InvalidArgument", "a label for every leaf expected", `none at ${below}`);
    return label === undefined ? [] : labelsBelow(op, label, part, below);
  });
};
