// Graph to graph, before lowering: composed ops are opened, algebraic rules applied, equal nodes merged, dead ones dropped.
// One pass from inputs to outputs; every node is visited once, and what a rule returns is visited in turn.

import { barrierPrimitive, customPrimitive, fillTensor } from "../builtin.ts";
import type { Capabilities } from "../device/device.ts";
import { attributeKey, identityOf } from "../primitive.ts";
import { type Apply, makeApply, storageOf, type Tensor, topologicalOrder } from "../tensor.ts";
import { foldableCall } from "./constants.ts";

/** What one node is, in terms of nodes that were simplified already: equal keys, equal values. */
export const nodeKey = (
  { primitive, attributes, inputs }: Apply,
  nameOf: (input: Tensor) => unknown,
): string =>
  `${primitive.name}#${identityOf(primitive)} ${attributeKey(attributes)}(${inputs.map(nameOf).join(",")})`;

/** Whether a tensor is where a plan starts: a placeholder, data, or a node whose values are known. */
export const isLeaf = (node: Tensor): boolean =>
  node.origin._tag !== "Apply" || storageOf(node) !== undefined;

/** The graph in which composed ops are opened and equal nodes are one, in the order in which to compute it. */
export interface SimplifiedGraph {
  readonly outputs: readonly Tensor[];
  /** Inputs before users. */
  readonly order: readonly Tensor[];
}

/** Simplifies the graph of `outputs` for a device. */
export const simplify = (
  outputs: readonly Tensor[],
  capabilities: Capabilities,
): SimplifiedGraph => {
  const done = new Map<Tensor, Tensor>();
  const byKey = new Map<string, Tensor>();

  const process = (root: Tensor): Tensor => {
    for (const node of topologicalOrder([root], (n) => done.has(n) || isLeaf(n))) {
      if (!done.has(node)) done.set(node, rewrite(node));
    }
    return done.get(root) as Tensor;
  };

  const rewrite = (node: Tensor): Tensor => {
    if (isLeaf(node) || node.origin._tag !== "Apply") return node;
    const { primitive, attributes, inputs } = node.origin;
    const simpler = inputs.map((input) => done.get(input) as Tensor);
    const isSame = inputs.every((input, i) => input === simpler[i]);
    const rebuilt = isSame ? node : makeApply(primitive, attributes, simpler, node);
    const origin = rebuilt.origin as Apply; // made by makeApply
    const key = nodeKey(origin, (input) => input.id);
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const result = replace(rebuilt, origin);
    byKey.set(key, result);
    return result;
  };

  const replace = (node: Tensor, { primitive, attributes, inputs }: Apply): Tensor => {
    if (primitive === customPrimitive) return inputs[0] as Tensor;
    const constant = foldableCall(node);
    if (constant !== undefined) return process(fillTensor(node.shape, constant, node.dtype));
    const simpler = primitive.simplify?.(inputs, attributes, node);
    if (simpler !== undefined) return process(simpler);
    const { lower } = primitive;
    if (lower._tag === "Compose") return process(lower.build(inputs, attributes, node));
    if (lower._tag === "Scatter" && !capabilities.canScatter) {
      return process(lower.fallback(inputs, attributes, node));
    }
    done.set(node, node);
    return node;
  };

  return withoutBarriers(outputs.map(process));
};

/** Barriers have done their work once equal nodes are merged; they mean the value that they hold. */
const withoutBarriers = (outputs: readonly Tensor[]): SimplifiedGraph => {
  const order = topologicalOrder(outputs, isLeaf);
  const plain = new Map<Tensor, Tensor>();
  const kept: Tensor[] = [];
  for (const node of order) {
    if (isLeaf(node) || node.origin._tag !== "Apply") {
      plain.set(node, node);
      kept.push(node);
      continue;
    }
    const { primitive, attributes, inputs } = node.origin;
    const renamed = inputs.map((input) => plain.get(input) as Tensor);
    if (primitive === barrierPrimitive) {
      plain.set(node, renamed[0] as Tensor);
      continue;
    }
    const isSame = inputs.every((input, i) => input === renamed[i]);
    const result = isSame ? node : makeApply(primitive, attributes, renamed, node);
    plain.set(node, result);
    kept.push(result);
  }
  const results = outputs.map((output) => plain.get(output) as Tensor);
  // What only a barrier waited for is dead now.
  const live = new Set(topologicalOrder(results, isLeaf));
  return { outputs: results, order: kept.filter((node) => live.has(node)) };
};
