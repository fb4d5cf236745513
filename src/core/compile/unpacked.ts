// Values that are made of stored integers, of a few numbers that many of them share, as scales, and of stored numbers that are fewer: quantised weights, and
// sparse ones. To store them would take several times the memory that was saved by how they are stored, so products read what is stored.

import { bytesFor, computeDtype, integerRange, isStorage } from "../dtype.ts";
import type { Pull } from "../lowering.ts";
import { sizeOf } from "../shape.ts";
import type { Apply, Tensor } from "../tensor.ts";
import { isLeaf } from "./simplify.ts";

/** How many elements share a number that counts as shared. */
const fewest = 8;
/** What one function of elements may cost: more than a remainder is not computed twice. */
const mostCost = 4;

const applyOf = (node: Tensor): Apply => node.origin as Apply; // called for nodes that are no leaves

const pullOf = (node: Tensor): Pull<unknown> | undefined => {
  const { lower } = applyOf(node).primitive;
  return lower._tag === "Pull" ? lower : undefined;
};

const isView = (node: Tensor): boolean =>
  !isLeaf(node) && pullOf(node)?.role === "view" && applyOf(node).inputs.length === 1;

/** Whether a node is made of coordinates alone. */
const isCounted = (node: Tensor): boolean =>
  !isLeaf(node) && applyOf(node).inputs.length === 0 && (pullOf(node)?.cost ?? 9) <= mostCost;

/** Whether a node has few elements, or shows few of them many times. */
const isShared = (node: Tensor, size: number): boolean =>
  sizeOf(node.shape) * fewest <= size ||
  (isView(node) && isShared(applyOf(node).inputs[0] as Tensor, size));

/** Whether a node shows what is stored in at most half of the bytes that a value takes. */
const isSmaller = (node: Tensor, bytes: number): boolean => {
  if (isLeaf(node)) return 2 * bytesFor(node.dtype, sizeOf(node.shape)) <= bytes;
  const [input] = applyOf(node).inputs as readonly [Tensor?];
  const isWidening = input !== undefined && isStorage(input.dtype) && !isStorage(node.dtype);
  return (isView(node) || isWidening) && isSmaller(input as Tensor, bytes); // of one input
};

const isInteger = ({ dtype }: Tensor): boolean =>
  isStorage(dtype) && integerRange(dtype) !== undefined;

/** Such values among the nodes of a graph, inputs before users, and what counts for them. */
export const unpackedIn = (order: readonly Tensor[]): ReadonlySet<Tensor> => {
  const unpacked = new Set<Tensor>();
  const counted = new Set<Tensor>();
  const isUnpacked = (node: Tensor): boolean => {
    const lower = pullOf(node);
    if (lower === undefined || lower.cost > mostCost || isStorage(node.dtype)) return false;
    const { inputs } = applyOf(node);
    const [first] = inputs;
    if (first !== undefined && inputs.length === 1) {
      if (lower.role === "elementwise" && isInteger(first))
        return computeDtype(node.dtype) !== "bool";
      if (lower.role === "view") return unpacked.has(first) && lower.cost === 0;
    }
    const size = sizeOf(node.shape);
    const bytes = bytesFor(node.dtype, size);
    const isMade =
      lower.role === "elementwise" &&
      inputs.some((input) => unpacked.has(input)) &&
      inputs.every(
        (input) =>
          unpacked.has(input) ||
          isShared(input, size) ||
          isCounted(input) ||
          isSmaller(input, bytes),
      );
    if (isMade) for (const input of inputs) if (isCounted(input)) counted.add(input);
    return isMade;
  };
  for (const node of order) if (!isLeaf(node) && isUnpacked(node)) unpacked.add(node);
  return new Set([...unpacked, ...counted]);
};
