// From tensors to a plan: simplify, choose what is stored, lower, place. Plans of graphs of one printed form are kept.

import type { Capabilities, Device, Executable } from "../device/device.ts";
import type { Dtype } from "../dtype.ts";
import { fail } from "../errors.ts";
import { RecentCache } from "../recentCache.ts";
import { printShape, sizeOf } from "../shape.ts";
import { type Tensor, topologicalOrder } from "../tensor.ts";
import { chooseStored } from "./fuse.ts";
import { type LoweredKernel, lowerStored } from "./lower.ts";
import { makePlan, type Plan } from "./plan.ts";
import { isLeaf, nodeKey, simplify } from "./simplify.ts";

/** A plan, and the leaves of the graph whose values it takes, in order. */
export interface Program {
  readonly plan: Plan;
  readonly leaves: readonly Tensor[];
}

const kernelCaches = new WeakMap<Capabilities, RecentCache<LoweredKernel>>();

const kernelCacheOf = (capabilities: Capabilities): RecentCache<LoweredKernel> => {
  const known = kernelCaches.get(capabilities) ?? new RecentCache<LoweredKernel>(8192);
  kernelCaches.set(capabilities, known);
  return known;
};

/** Every node between leaves and outputs, both included, inputs before users. */
export const nodesOfGraph = (outputs: readonly Tensor[]): readonly Tensor[] =>
  topologicalOrder(outputs, isLeaf);

/** How a graph is planned. */
export interface PlanOptions {
  /** Whether kernels are fused; default true. */
  readonly fuse?: boolean;
  /** Leaves whose memory outputs may take over. */
  readonly donated?: ReadonlySet<Tensor>;
  /** Whether a leaf has the same values in every run. */
  readonly isConstant?: (leaf: Tensor) => boolean;
}

/** Plans the computation of `outputs` for a device. */
export const planGraph = (
  outputs: readonly Tensor[],
  { name, capabilities }: Device,
  { fuse = true, donated }: PlanOptions = {},
): Program => {
  const graph = simplify(outputs, capabilities);
  for (const node of graph.order) checkBuffer(node, name, capabilities);
  const stored = fuse
    ? chooseStored(graph, capabilities)
    : new Set(graph.order.filter((node) => !isLeaf(node)));
  const lowered = lowerStored(graph.order, stored, kernelCacheOf(capabilities), capabilities);
  const leaves = [...new Set(graph.order.filter(isLeaf))];
  return { plan: makePlan(lowered, leaves, graph.outputs, donated), leaves };
};

const checkBuffer = (
  { dtype, shape }: Tensor,
  device: string,
  { dtypes, maxElements }: Capabilities,
): void => {
  if (!dtypes.includes(dtype)) {
    fail(
      "compile",
      "DtypeMismatch",
      `one of ${dtypes.join(", ")} expected on device ${device}`,
      dtype,
      hintFor(dtype),
    );
  }
  if (sizeOf(shape) > maxElements) {
    fail(
      "compile",
      "Unsupported",
      `at most ${maxElements} elements in a tensor expected on device ${device}`,
      `${printShape(shape)} (${sizeOf(shape)})`,
      "indices above are not exact there; split the tensor or use another device",
    );
  }
};

const hintFor = (dtype: Dtype): string =>
  dtype === "f64" ? "cast to f32, or run on device reference" : "cast to another dtype";

/** The printed form of a graph, given its nodes: equal text, equal plan up to the values of leaves. */
export const graphKey = (outputs: readonly Tensor[], nodes: readonly Tensor[]): string => {
  const names = new Map<Tensor, number>();
  const lines = nodes.map((node) => {
    names.set(node, names.size);
    const text = `${node.dtype}[${node.shape.join()}]`;
    return isLeaf(node) || node.origin._tag !== "Apply"
      ? text
      : `${text}${nodeKey(node.origin, (input) => names.get(input))}`;
  });
  return `${lines.join(";")}→${outputs.map((output) => names.get(output)).join()}`;
};

/** A program made ready on a device. */
export interface Prepared extends Program {
  readonly executable: Executable;
}

/** Plans and prepares a graph on a device. */
export const prepareGraph = (
  outputs: readonly Tensor[],
  device: Device,
  options: PlanOptions = {},
): Prepared => {
  const program = planGraph(outputs, device, options);
  const { plan, leaves } = program;
  const constants = plan.inputs.filter((_, i) => options.isConstant?.(leaves[i] as Tensor));
  return { ...program, executable: device.prepare(plan, new Set(constants)) };
};
