// From stored nodes to kernels. A stored node and the nodes computed in place below it form a group; groups of one form share
// one kernel, so a recurrence of two hundred steps is lowered once.

import { roundTo } from "../builtin.ts";
import type { Capabilities } from "../device/device.ts";
import { computeDtype } from "../dtype.ts";
import { fail } from "../errors.ts";
import { coordinate, flatten } from "../kernel/affine.ts";
import { call } from "../kernel/build.ts";
import { type Axis, constant, type Expr, load, withFreshExprs } from "../kernel/expr.ts";
import { countTurns, type Kernel, makeKernel } from "../kernel/kernel.ts";
import { type Rebased, rebaseKernel } from "../kernel/rebase.ts";
import { type Split, splitKernel } from "../kernel/split.ts";
import type { Delayed, LowerContext, Pull, Scatter } from "../lowering.ts";
import { attributeKey, identityOf } from "../primitive.ts";
import type { RecentCache } from "../recentCache.ts";
import { type Shape, sizeOf, stridesOf } from "../shape.ts";
import { type Apply, makeInput, type Tensor } from "../tensor.ts";
import { loopsOver } from "./loops.ts";
import { isLeaf } from "./simplify.ts";

/** One kernel of a program and the stored tensors that it reads, each from an offset in elements. */
export interface LoweredNode {
  readonly node: Tensor;
  readonly kernel: Kernel;
  readonly inputs: readonly Tensor[];
  readonly offsets: readonly number[];
}

interface Group {
  /** Nodes computed in the kernel, inputs before users; the root is last. */
  readonly members: readonly Tensor[];
  /** Stored tensors and leaves that it reads, in order of first use. */
  readonly inputs: readonly Tensor[];
  /** Printed form: equal text, equal kernel. */
  readonly key: string;
}

const gather = (root: Tensor, stored: ReadonlySet<Tensor>): Group => {
  const members: Tensor[] = [];
  const inputs = new Map<Tensor, number>();
  const names = new Map<Tensor, string>();
  const lines: string[] = [];
  const visit = (node: Tensor): string => {
    const known = names.get(node);
    if (known !== undefined) return known;
    if (node !== root && (isLeaf(node) || stored.has(node))) {
      const name = `%${inputs.size}:${node.dtype}[${node.shape.join()}]`;
      inputs.set(node, inputs.size);
      names.set(node, name);
      return name;
    }
    const { primitive, attributes, inputs: below } = node.origin as Apply; // leaves returned above
    const args = below.map(visit);
    const name = `$${members.push(node)}`;
    names.set(node, name);
    lines.push(
      `${identityOf(primitive)}${attributeKey(attributes)}:${node.dtype}[${node.shape.join()}](${args.join()})`,
    );
    return name;
  };
  visit(root);
  return { members, inputs: [...inputs.keys()], key: lines.join(";") };
};

/** A kernel, where it begins to read, and the two that it was cut into, if it was. */
export interface LoweredKernel extends Rebased {
  readonly split?: Split;
  /** Puts two elements of the kernel's output in each byte. */
  readonly pairing?: Kernel;
}

/** Lowers stored nodes of a simplified graph, in order. `cache` keeps kernels by the printed form of their group. */
export const lowerStored = (
  order: readonly Tensor[],
  stored: ReadonlySet<Tensor>,
  cache: RecentCache<LoweredKernel>,
  capabilities: Capabilities,
): LoweredNode[] =>
  order
    .filter((node) => stored.has(node))
    .flatMap((node) => {
      const group = gather(node, stored);
      const lowered = cache.get(group.key, () =>
        withFreshExprs(() => lowerGroup(node, group, capabilities)),
      );
      const { kernel } = lowered;
      if (group.inputs.length > capabilities.maxInputs) {
        fail(
          kernel.label,
          "Unsupported",
          `at most ${capabilities.maxInputs} input arrays expected on this device`,
          String(group.inputs.length),
        );
      }
      const { pairing } = lowered;
      if (pairing === undefined) return kernelsOf(node, group, lowered);
      const { dtype, size } = kernel.output;
      const single = makeInput({ name: "single" }, 0, { shape: [size], dtype }); // a name for the buffer in between
      return [
        ...kernelsOf(single, group, lowered),
        { node, kernel: pairing, inputs: [single], offsets: [0] },
      ];
    });

const lowerGroup = (node: Tensor, group: Group, capabilities: Capabilities): LoweredKernel => {
  const whole = buildKernel(node, group);
  // Pairs are written one after the other, by one loop over flat indices; what has other loops is stored in bytes first.
  const isPaired = whole.output.dtype === "i4" && !isFlat(group, node);
  const rebased = rebaseKernel(isPaired ? inBytes(whole) : whole);
  const split = splitKernel(rebased.kernel, capabilities);
  const fits = split !== undefined && split.rest.inputs.length <= capabilities.maxInputs;
  for (const kernel of fits ? [split.parts, split.rest] : [rebased.kernel])
    checkLoops(kernel, capabilities);
  const lowered = fits ? { ...rebased, split } : rebased;
  return isPaired ? { ...lowered, pairing: pairingOf(whole) } : lowered;
};

/** A kernel that stores each element of i4 in a byte of its own. */
const inBytes = (kernel: Kernel): Kernel =>
  makeKernel({ ...kernel, output: { ...kernel.output, dtype: "i8" } });

/** The kernel that stores in pairs what another stored in bytes. */
const pairingOf = ({ label, output }: Kernel): Kernel => {
  const i = coordinate(output.size);
  return makeKernel({
    label: `${label}, pairs`,
    axes: i.tag === "axis" ? [i] : [],
    inputs: [{ ...output, dtype: "i8" }],
    output,
    target: i,
    body: load(0, "i32", i),
  });
};

/** Fails where a kernel loops for longer than a device lets it. */
const checkLoops = (kernel: Kernel, { maxLoop }: Capabilities): void => {
  const turns = countTurns(kernel.body);
  if (turns <= maxLoop) return;
  fail(
    kernel.label,
    "Unsupported",
    `loops of at most ${maxLoop} turns in a kernel expected on this device`,
    `up to ${turns}`,
    "the driver would end them early; use another device",
  );
};

/** A node as one kernel, or as two with the parts in between. */
const kernelsOf = (
  node: Tensor,
  { inputs }: Group,
  { kernel, offsets, split }: LoweredKernel,
): LoweredNode[] => {
  if (split === undefined) return [{ node, kernel, inputs, offsets }];
  const { dtype, size } = split.parts.output;
  const parts = makeInput({ name: "parts" }, 0, { shape: [size], dtype }); // a name for the buffer in between
  const chosen = <T>(all: readonly T[], slots: readonly number[]): T[] =>
    slots.map((slot) => all[slot] as T);
  return [
    {
      node: parts,
      kernel: split.parts,
      inputs: chosen(inputs, split.partsSlots),
      offsets: chosen(offsets, split.partsSlots),
    },
    {
      node,
      kernel: split.rest,
      inputs: [...chosen(inputs, split.restSlots), parts],
      offsets: [...chosen(offsets, split.restSlots), 0],
    },
  ];
};

/** What people call a node: the op that it belongs to, where its attributes say that, else its primitive. */
const nameOf = ({ primitive, attributes }: Apply): string =>
  (attributes as { readonly op?: string } | null | undefined)?.op ?? primitive.name;

const labelOf = ({ members }: Group): string => {
  const names = members.map(({ origin }) => nameOf(origin as Apply)); // members are computed
  const telling = names.filter(
    (name) => !["full", "reshape", "expand", "permute", "cast"].includes(name),
  );
  const shown = telling.length === 0 ? names : telling;
  return shown.length <= 5
    ? shown.join("·")
    : `${shown.slice(0, 2).join("·")}·…${shown.length - 4}…·${shown.slice(-2).join("·")}`;
};

/** The ops of a group that check indices, as a field of the kernel. */
const indexedBy = ({ members }: Group): { readonly indexedBy?: string } => {
  const names = members.flatMap(({ origin }) => {
    const { lower } = (origin as Apply).primitive; // members are computed
    const checks = lower._tag !== "Compose" && lower.checksIndices;
    return checks ? [nameOf(origin as Apply).replace(/^(batched )+/, "")] : [];
  });
  return names.length === 0 ? {} : { indexedBy: [...new Set(names)].join("·") };
};

/** Elementwise groups of one shape are loops over flat indices; others loop over the output's axes. */
const isFlat = (group: Group, root: Tensor): boolean =>
  [...group.members, ...group.inputs].every(
    (node) =>
      node.shape.length === root.shape.length &&
      node.shape.every((n, axis) => n === root.shape[axis]),
  ) &&
  group.members.every(({ origin }) => {
    const { lower } = (origin as Apply).primitive;
    return lower._tag === "Pull" && lower.role === "elementwise";
  });

const buildKernel = (root: Tensor, group: Group): Kernel => {
  const { primitive, attributes, inputs } = root.origin as Apply; // stored nodes are computed
  const flat = isFlat(group, root);
  const delayed = new Map<Tensor, Delayed>();
  group.inputs.forEach((node, slot) => {
    delayed.set(node, delayLoad(node, slot, flat ? [sizeOf(node.shape)] : node.shape));
  });
  const contextOf = (node: Tensor): LowerContext<unknown> => {
    const origin = node.origin as Apply;
    return {
      inputs: origin.inputs.map((input) => delayed.get(input) as Delayed),
      attributes: origin.attributes,
      output: node,
    };
  };
  for (const node of group.members) {
    if (node === root) break;
    delayed.set(node, delay(node, contextOf(node)));
  }
  const buffers = group.inputs.map(({ dtype, shape }) => ({ dtype, size: sizeOf(shape) }));
  const output = { dtype: root.dtype, size: sizeOf(root.shape) };
  const label = labelOf(group);
  if (primitive.lower._tag === "Scatter") {
    const { lower } = primitive;
    const coords = lower.loop(inputs, root, attributes).map(coordinate);
    const { target, value } = (lower as Scatter<unknown>).push(contextOf(root))(coords);
    return makeKernel({
      label,
      ...indexedBy(group),
      axes: coords.filter((coord): coord is Axis => coord.tag === "axis"),
      inputs: buffers,
      output,
      target: flatten(target, stridesOf(root.shape)),
      body: roundTo(value, root.dtype),
      scatter: { combine: lower.combine, initial: lower.initial },
    });
  }
  const shape: Shape = flat ? [output.size] : root.shape;
  const { variables, coords } = loopsOver(shape, shapesBelow(root, group));
  const value = roundTo(
    (primitive.lower as Pull<unknown>).pull(contextOf(root))(coords),
    root.dtype,
  );
  return makeKernel({
    label,
    ...indexedBy(group),
    axes: variables.filter((variable): variable is Axis => variable.tag === "axis"),
    inputs: buffers,
    output,
    target: flatten(coords, stridesOf(shape)),
    body: value,
  });
};

/** Shapes of what is computed in place, where that takes a loop. */
const shapesBelow = (root: Tensor, { members }: Group): readonly Shape[] => {
  const below = members.filter((node) => node !== root);
  const hasLoop = below.some(({ origin }) => {
    const { lower } = (origin as Apply).primitive; // members are computed
    return lower._tag === "Pull" && lower.role === "reduce";
  });
  return hasLoop ? below.map(({ shape }) => shape) : [];
};

const delayLoad = ({ dtype, shape: full }: Tensor, slot: number, shape: Shape): Delayed => {
  const strides = stridesOf(shape);
  const type = computeDtype(dtype);
  // Nothing can be read from an empty buffer; what asks for it has no elements either, or reduces over none.
  if (sizeOf(full) === 0) return { shape, dtype: type, at: () => constant(0, type) };
  return { shape, dtype: type, at: (coords) => load(slot, type, flatten(coords, strides)) };
};

/** A value computed in place, rounded as it would be when stored, so that fusion changes no bit of it. */
const asStored = (value: Expr, { role }: Pull<unknown>): Expr =>
  value.dtype === "f32" &&
  (role === "elementwise" || role === "reduce") &&
  value.tag !== "load" &&
  value.tag !== "const"
    ? call("roundF32", value)
    : value;

/** A node as a function of coordinates; the same coordinates give the same expression. */
const delay = (node: Tensor, context: LowerContext<unknown>): Delayed => {
  const { lower } = (node.origin as Apply).primitive;
  const at = (lower as Pull<unknown>).pull(context); // scatters are stored, and only pulled from
  const known = new Map<string, Expr>();
  return {
    shape: node.shape,
    dtype: computeDtype(node.dtype),
    at: (coords) => {
      const key = coords.map(({ id }) => id).join();
      const before = known.get(key);
      if (before !== undefined) return before;
      const value = asStored(roundTo(at(coords), node.dtype), lower as Pull<unknown>);
      known.set(key, value);
      return value;
    },
  };
};
