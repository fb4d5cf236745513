// Which values of a training step are kept in 16 bits. Ops compute in f32, and what a kernel keeps in
// registers stays so; rounded is what has to be stored: what the backward pass reads of the forward
// pass, what products read, and what they give going forwards. The choice is made on the graph, so that it is the same whatever is
// fused, on every device.

import { barrierPrimitive, customPrimitive } from "../../core/builtin.ts";
import { isFloat, isStorage } from "../../core/dtype.ts";
import type { Pull } from "../../core/lowering.ts";
import { makeApply, type Primitive, type Tensor, topologicalOrder } from "../../core/tensor.ts";
import { cast } from "../../ops/arithmetic.ts";

/** A dtype of 16 bits. */
export type HalfDtype = "bf16" | "f16";

/** x with the precision of a 16-bit dtype, and its own dtype. */
export const rounded =
  (dtype: HalfDtype) =>
  (x: Tensor): Tensor =>
    cast(x.dtype)(cast(dtype)(x));

/** Contractions and convolutions with their adjoints: they read each element many times. */
const products = new Set(["contract", "correlate", "spreadWindows", "sumWindows", "csrMatmul"]);

/** Sums, and functions that magnify errors: their results are in full precision. */
const exact = new Set([
  ...["sum", "prod", "cumsum", "collapse", "segmentSum", "max", "min"],
  ...["logSoftmax", "log", "log1p", "sqrt", "rsqrt"],
]);

/** A part of a graph: what depends on some of its nodes, and where its backward pass begins. */
export interface Part {
  readonly outputs: readonly Tensor[];
  /** The parameters: only what depends on them is rounded. */
  readonly from: readonly Tensor[];
  /** Nodes of this id and above are of the backward pass; infinity where there is none. */
  readonly backwardFrom: number;
}

/** The outputs of a graph again, where what has to be stored has the precision of `dtype`. */
export const roundStored = (dtype: HalfDtype, part: Part): readonly Tensor[] => {
  const nodes = nodesBelow(part);
  const chosen = chooseRounded(nodes, part);
  const again = new Map<Tensor, Tensor>();
  for (const node of nodes) {
    const same = rebuild(node, again);
    again.set(node, chosen.has(node) ? rounded(dtype)(same) : same);
  }
  return part.outputs.map((output) => again.get(output) ?? output);
};

/** Nodes that depend on `from`, themselves included, inputs before users. */
const nodesBelow = ({ outputs, from }: Part): readonly Tensor[] => {
  const targets = new Set(from);
  const oldest = from.reduce((id, x) => Math.min(id, x.id), Number.POSITIVE_INFINITY);
  const dependent = new Set<Tensor>();
  // What is older than all of `from` cannot depend on it.
  for (const node of topologicalOrder(outputs, ({ id }) => id < oldest))
    if (targets.has(node) || inputsOf(node).some((input) => dependent.has(input)))
      dependent.add(node);
  return [...dependent];
};

const inputsOf = ({ origin }: Tensor): readonly Tensor[] =>
  origin._tag === "Apply" ? origin.inputs : [];

const nameOf = ({ origin }: Tensor): string =>
  origin._tag === "Apply" ? origin.primitive.name.replace(/^(batched )+/, "") : "";

/** A node over the inputs that were rebuilt. Functions with a rule of their own are the values that they gave. */
const rebuild = (node: Tensor, again: ReadonlyMap<Tensor, Tensor>): Tensor => {
  const { origin } = node;
  if (origin._tag !== "Apply") return node;
  const inputs = origin.inputs.map((input) => again.get(input) ?? input);
  if (origin.primitive === customPrimitive) return inputs[0] as Tensor;
  const isSame = inputs.every((input, i) => input === origin.inputs[i]);
  return isSame ? node : makeApply(origin.primitive, origin.attributes, inputs, node);
};

/** What the backward pass reads of the forward pass, what products read, and what they give forwards. */
const chooseRounded = (nodes: readonly Tensor[], { backwardFrom }: Part): ReadonlySet<Tensor> => {
  const exactNodes = findExact(nodes, backwardFrom);
  const candidates = new Set(nodes);
  const users = usersOf(nodes);
  const chosen = new Set<Tensor>();
  const choose = (node: Tensor): void => {
    if (!candidates.has(node) || chosen.has(node)) return;
    if (!isView(node) && isCompute(node) && !exactNodes.has(node)) chosen.add(node);
    for (const input of shownBy(node)) choose(input);
  };
  for (const node of nodes) {
    const isBackward = node.id >= backwardFrom;
    const isProduct = products.has(nameOf(node));
    if (isProduct && !isBackward) choose(withBias(node, users));
    for (const input of inputsOf(node))
      if (isProduct || (isBackward && input.id < backwardFrom)) choose(input);
  }
  return chosen;
};

/** Sums and the like, and what the forward pass makes of nothing but them: means, deviations, losses. */
const findExact = (nodes: readonly Tensor[], backwardFrom: number): ReadonlySet<Tensor> => {
  const candidates = new Set(nodes);
  const found = new Set<Tensor>();
  for (const node of nodes) {
    const inputs = inputsOf(node).filter((input) => candidates.has(input));
    const isMadeOfThem = inputs.length > 0 && inputs.every((input) => found.has(input));
    if (exact.has(nameOf(node)) || (isMadeOfThem && node.id < backwardFrom)) found.add(node);
  }
  return found;
};

const usersOf = (nodes: readonly Tensor[]): ReadonlyMap<Tensor, readonly Tensor[]> => {
  const users = new Map<Tensor, Tensor[]>();
  for (const node of nodes)
    for (const input of inputsOf(node)) users.set(input, [...(users.get(input) ?? []), node]);
  return users;
};

/** A product, or the sum with it where that is all it is for: rounded once, not twice. */
const withBias = (product: Tensor, users: ReadonlyMap<Tensor, readonly Tensor[]>): Tensor => {
  const [user, ...others] = users.get(product) ?? [];
  return user !== undefined && others.length === 0 && nameOf(user) === "add" ? user : product;
};

const isCompute = ({ dtype }: Tensor): boolean => isFloat(dtype) && !isStorage(dtype);

/** How a node reads its inputs; undefined for leaves, scatters and what is made of other ops. */
const pullOf = ({ origin }: Tensor): Pull<unknown> | undefined =>
  origin._tag === "Apply" && origin.primitive.lower._tag === "Pull"
    ? origin.primitive.lower
    : undefined;

/** Another name for a value, whose cotangents have their own ways. */
const renaming = new Set<Primitive>([customPrimitive, barrierPrimitive]);

/** Whether a node shows elements of another one, and computes nothing. */
const isView = (node: Tensor): boolean => {
  const pull = pullOf(node);
  return isRenamed(node) || (pull?.role === "view" && pull.cost === 0);
};

const isRenamed = ({ origin }: Tensor): boolean =>
  origin._tag === "Apply" && renaming.has(origin.primitive);

/** Tensors whose elements a node shows, puts together, or decides by where it is a truth value. */
const shownBy = (node: Tensor): readonly Tensor[] => {
  if (isRenamed(node)) return inputsOf(node).slice(0, 1);
  return isView(node) || pullOf(node)?.role === "select" || !isFloat(node.dtype)
    ? inputsOf(node)
    : [];
};
