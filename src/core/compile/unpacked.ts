// Values that are made of stored integers and of a few numbers that many of them share, as scales: quantised weights. To store them would take
// several times the memory that was saved by storing integers, so products read the integers.

import { computeDtype, integerRange, isStorage } from "../dtype.ts";
import type { Pull } from "../lowering.ts";
import { sizeOf } from "../shape.ts";
import type { Apply, Tensor } from "../tensor.ts";
import { isLeaf } from "./simplify.ts";

/** How many elements share a number that counts as shared. */
const fewest = 8;
/** What one function of elements may cost: more than a product or a difference is not computed twice. */
const mostCost = 2;

const applyOf = (node: Tensor): Apply => node.origin as Apply; // called for nodes that are no leaves

const pullOf = (node: Tensor): Pull<unknown> | undefined => {
  const { lower } = applyOf(node).primitive;
  return lower._tag === "Pull" ? lower : undefined;
};

const isView = (node: Tensor): boolean =>
  !isLeaf(node) && pullOf(node)?.role === "view" && applyOf(node).inputs.length === 1;

/** Whether a node has few elements, or shows few of them many times. */
const isShared = (node: Tensor, size: number): boolean =>
  sizeOf(node.shape) * fewest <= size ||
  (isView(node) && isShared(applyOf(node).inputs[0] as Tensor, size));

const isInteger = ({ dtype }: Tensor): boolean =>
  isStorage(dtype) && integerRange(dtype) !== undefined;

/** Such values among the nodes of a graph, inputs before users. */
export const unpackedIn = (order: readonly Tensor[]): ReadonlySet<Tensor> => {
  const unpacked = new Set<Tensor>();
  const isUnpacked = (node: Tensor): boolean => {
    const lower = pullOf(node);
    if (lower === undefined || lower.cost > mostCost || isStorage(node.dtype)) return false;
    const { inputs } = applyOf(node);
    const [first] = inputs;
    if (first !== undefined && inputs.length === 1) {
      if (lower.role === "elementwise" && isInteger(first))
        return computeDtype(node.dtype) !== "bool";
      if (lower.role === "view")
        return unpacked.has(first) && sizeOf(first.shape) === sizeOf(node.shape);
    }
    const size = sizeOf(node.shape);
    return (
      lower.role === "elementwise" &&
      inputs.some((input) => unpacked.has(input)) &&
      inputs.every((input) => unpacked.has(input) || isShared(input, size))
    );
  };
  for (const node of order) if (!isLeaf(node) && isUnpacked(node)) unpacked.add(node);
  return unpacked;
};
