// Whether an optimiser can be shared out: whether what it does to a leaf follows from that leaf alone, and to a row from that row. It is
// read off the graph of one update, so that no optimiser has to say it of itself, and one that cannot be shared out is refused
// in place of giving other results.

import * as E from "fp-ts/lib/Either.js";
import { constantValue } from "../../core/builtin.ts";
import { withinTransform } from "../../core/scope.ts";
import { sameShape, sizeOf } from "../../core/shape.ts";
import { makeInput, type Tensor, type Trace, topologicalOrder } from "../../core/tensor.ts";
import { flattenTree, mapTree } from "../../core/tree.ts";
import { expand, madeBy } from "../../ops/broadcast.ts";
import type { Optimizer } from "../optim/transform.ts";
import { messageOf } from "../threads/calls.ts";
import { type ParallelProblem, parallelProblem } from "./problem.ts";

/** What the state of an optimiser holds of each parameter, by paths. */
interface Owners {
  /** For each leaf of the parameters the paths of its leaves in the state. */
  readonly own: readonly ReadonlySet<string>[];
  /** Those that are there whatever the parameters are. */
  readonly common: ReadonlySet<string>;
}

/** A tree with null in place of all leaves but one, or of all. */
export const onlyLeaf = <P>(tree: P, chosen: number | undefined): P => {
  let leaf = 0;
  return mapTree(tree, (x) => (leaf++ === chosen ? x : null));
};

const pathsOf = (tree: unknown): readonly string[] => flattenTree(tree, op).structure.paths;
const op = "dataParallel";

const ownersIn = (optimizer: Optimizer, params: unknown): Owners => {
  const common = new Set(pathsOf(optimizer.init(onlyLeaf(params, undefined))));
  const own = pathsOf(params).map(
    (_, leaf) =>
      new Set(pathsOf(optimizer.init(onlyLeaf(params, leaf))).filter((path) => !common.has(path))),
  );
  return { own, common };
};

/** A tree of inputs of a trace in place of a tree of tensors, and each input with what it stands for. */
const placeholders = <T>(tree: T, trace: Trace): T => mapTree(tree, (x) => makeInput(trace, 0, x));

/** One update as a graph, by paths. */
const updateOf = (optimizer: Optimizer, params: unknown) => {
  const trace: Trace = { name: op };
  const before = placeholders({ gradients: params, params, state: optimizer.init(params) }, trace);
  const [updates, state] = withinTransform(() =>
    optimizer.update(before.gradients, before.state, before.params),
  );
  const at = (tree: unknown) => {
    const { leaves, structure } = flattenTree(tree, op);
    return leaves.map((x, i) => [structure.paths[i] as string, x as Tensor] as const); // no numbers among them
  };
  return {
    gradients: at(before.gradients),
    params: at(before.params),
    before: at(before.state),
    updates: at(updates),
    after: at(state),
  };
};

/**
 * For each leaf of the parameters whether its rows can be updated apart, as every optimiser does that treats elements alike (sgd,
 * adamW, lion, …); not so where norms of leaves count (lamb). A Left where an update of one leaf depends on another leaf, as clipping by
 * the global norm does, where what is kept for all leaves depends on gradients, or where a leaf cannot be updated without the others, as under masks of
 * all parameters (`Compress.masked`).
 *
 * @example
 * const params = { w: zeros([4, 2]), b: zeros([2]) };
 * separabilityOf(adamW({ learningRate: 0.1 }), params) // { _tag: "Right", right: [true, true] }
 * separabilityOf(lamb({ learningRate: 0.1 }), params) // { _tag: "Right", right: [false, false] }
 * const clipped = separabilityOf(clipByGlobalNorm(1), params);
 * clipped._tag === "Left" && clipped.left.got // one whose update of w depends on b
 */
export const separabilityOf = (
  optimizer: Optimizer,
  params: unknown,
): E.Either<ParallelProblem, readonly boolean[]> => {
  const { own, common } = ownersIn(optimizer, params);
  const complaint = complaintOfParts(optimizer, params);
  if (complaint !== undefined)
    return E.left(
      parallelProblem(
        "Inseparable",
        "an optimiser that takes each leaf alone expected",
        complaint,
        {
          hint: "masks of all parameters, as of Compress.masked, are for training in one thread",
        },
      ),
    );
  const update = updateOf(optimizer, params);
  const named = [...update.gradients, ...update.params];
  const ownerOf = (path: string): number => own.findIndex((paths) => paths.has(path));
  // Whose each input is: a leaf's, by its number, or everybody's, −1.
  const owners = new Map<Tensor, number>([
    ...named.map(([, x], i) => [x, i % own.length] as const),
    ...update.before.map(([path, x]) => [x, ownerOf(path)] as const),
  ]);
  const pathOf = (leaf: number): string => update.params[leaf]?.[0] ?? "";
  const refused = (what: string, leaf: number): E.Either<ParallelProblem, never> =>
    E.left(
      parallelProblem(
        "Inseparable",
        "an optimiser that treats each leaf by itself expected",
        `one whose ${what} depends on ${pathOf(leaf)}`,
        { hint: "clipping by the global norm is an option of dataParallel" },
      ),
    );
  const shared = update.after.filter(([path]) => common.has(path)).map(([, x]) => x);
  const stranger = foreignIn(topologicalOrder(shared), owners, -1);
  if (stranger !== undefined) return refused("state for all leaves", stranger);
  const divisible: boolean[] = [];
  for (const [leaf, [path, after]] of update.updates.entries()) {
    const kept = update.after.filter(([at]) => own[leaf]?.has(at)).map(([, x]) => x);
    const nodes = topologicalOrder([after, ...kept]);
    const other = foreignIn(nodes, owners, leaf);
    if (other !== undefined) return refused(`update of ${path}`, other);
    divisible.push(isByElement(nodes, owners, update.params[leaf]?.[1] as Tensor)); // as many updates as parameters
  }
  return E.right(divisible);
};

/** What an optimiser says that does not take a leaf without the others, as a worker asks it to. */
const complaintOfParts = (optimizer: Optimizer, params: unknown): string | undefined => {
  for (const leaf of pathsOf(params).keys())
    try {
      updateOf(optimizer, onlyLeaf(params, leaf));
    } catch (error) {
      return messageOf(error).split("\n")[0];
    }
  return undefined;
};

/** The leaf to which an input among the nodes belongs, if it is neither this leaf nor everybody's. */
const foreignIn = (
  nodes: readonly Tensor[],
  owners: ReadonlyMap<Tensor, number>,
  leaf: number,
): number | undefined =>
  nodes.map((node) => owners.get(node)).find((owner = -1) => owner !== -1 && owner !== leaf);

/** Whether every element that is made depends on elements at the same place, and on scalars that do not depend on elements. */
const isByElement = (
  nodes: readonly Tensor[],
  owners: ReadonlyMap<Tensor, number>,
  leaf: Tensor,
): boolean => {
  const isLeafLike = ({ shape }: Tensor): boolean => sameShape(shape, leaf.shape);
  const own = new Set<Tensor>(); // what depends on elements of the leaf
  return nodes.every((node) => {
    const { origin } = node;
    if (origin._tag !== "Apply") {
      const isOwn = (owners.get(node) ?? -1) !== -1;
      if (isOwn) own.add(node);
      return isOwn ? isLeafLike(node) : isOne(node);
    }
    if (origin.inputs.some((x) => own.has(x))) own.add(node);
    if (isLeafLike(node) && origin.primitive.isElementwise === true) return true;
    if (own.has(node)) return false;
    const isSpread = madeBy(node, expand.primitive)?.inputs.every(isOne) ?? false;
    return isOne(node) || isSpread || constantValue(node) !== undefined;
  });
};

const isOne = ({ shape }: Tensor): boolean => sizeOf(shape) === 1;
