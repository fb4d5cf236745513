// Where does the NaN come from? A function is run op by op, with the user's line remembered for every op, until one makes a
// value that is not finite from values that are.

import type { TreeFunction } from "../autodiff.ts";
import { aliasPrimitive } from "../builtin.ts";
import { isFloat } from "../dtype.ts";
import { currentCallSite, fail, TensorError } from "../errors.ts";
import { formatAval } from "../format.ts";
import { currentPullback, withinTransform } from "../scope.ts";
import { printShape, stridesOf } from "../shape.ts";
import {
  type Apply,
  findInput,
  setCallSiteRecorder,
  storageOf,
  type Tensor,
  topologicalOrder,
} from "../tensor.ts";
import { flattenTree, leavesOf } from "../tree.ts";
import { computeTensors, values } from "./evaluate.ts";

/** Options of `debugNaN`. */
export interface DebugOptions {
  /** Whether infinities count too (default). Say false where they are wanted, as in masks; then only NaN counts. */
  readonly infinities?: boolean;
  /** The device to run on; default: the reference. */
  readonly device?: string;
}

/** How many values of a tensor are not finite, and the flat index of the first of them. */
interface Findings {
  readonly nan: number;
  readonly infinite: number;
  readonly first: number;
}

const examine = (x: Tensor): Findings => {
  let [nan, infinite, first] = [0, 0, -1];
  if (isFloat(x.dtype)) {
    values(x).forEach((value: number, i: number) => {
      if (Number.isFinite(value)) return;
      if (first < 0) first = i;
      if (Number.isNaN(value)) nan++;
      else infinite++;
    });
  }
  return { nan, infinite, first };
};

const describe = (x: Tensor, { nan, infinite, first }: Findings): string => {
  const counts = [
    ...(nan > 0 ? [`${nan} NaN`] : []),
    ...(infinite > 0 ? [`${infinite} infinite`] : []),
  ];
  const index = stridesOf(x.shape).map((n, i) => Math.floor(first / n) % (x.shape[i] as number));
  const place = index.length === 0 ? "" : `, first at ${printShape(index)}`;
  return `${counts.join(" and ")} in ${formatAval(x)}${place}`;
};

/** Runs a function, and remembers which nodes it made, each with the node whose derivative rule made it, if one did. */
const record = <T>(run: () => T): { result: T; made: ReadonlyMap<Tensor, Tensor | undefined> } => {
  const made = new Map<Tensor, Tensor | undefined>();
  const before = setCallSiteRecorder((node) => {
    const forward = currentPullback();
    made.set(node, forward);
    return forward?.callSite ?? currentCallSite(); // rules are ours: the line is that of the op in the forward pass
  });
  try {
    return { result: run(), made };
  } finally {
    setCallSiteRecorder(before);
  }
};

/** Where the arguments of the function are, by tensor; those that a gradient is taken of go by another name. */
const placesOf = (args: readonly unknown[]): ReadonlyMap<Tensor, string> => {
  const places = new Map<Tensor, string>();
  const { leaves, structure } = flattenTree(args, "debugNaN", true);
  leaves.forEach((leaf, i) => {
    if (typeof leaf === "number") return;
    for (let x: Tensor | undefined = leaf; x !== undefined; x = aliased(x))
      places.set(x, `args${structure.paths[i]}`);
  });
  return places;
};

const aliased = ({ origin }: Tensor): Tensor | undefined =>
  origin._tag === "Apply" && origin.primitive === aliasPrimitive ? origin.inputs[0] : undefined;

/** Whether an op was told to make infinities: a mask of −∞, padding for a maximum. */
const wantsInfinity = ({ attributes }: Apply): boolean =>
  typeof attributes === "object" &&
  attributes !== null &&
  Object.values(attributes).some((x) => typeof x === "number" && !Number.isFinite(x));

const hint = "where infinities are wanted, as in masks, use debugNaN(f, { infinities: false })";

const failNonFinite = (op: string, rule: string, node: Tensor, it: Findings): never => {
  const cause = { _tag: "NonFinite", op, rule, got: describe(node, it) } as const;
  throw new TensorError(it.nan > 0 ? cause : { ...cause, hint }, node.callSite);
};

const refusePlaceholders = (outputs: readonly Tensor[]): void => {
  const input = findInput(outputs);
  if (input?.origin._tag !== "Input") return;
  fail(
    "debugNaN",
    "ForeignTrace",
    "a function called with values expected",
    `one called while "${input.origin.trace.name}" is traced`,
    "put debugNaN outside: debugNaN(compile(f)), debugNaN(vmap(f))",
  );
};

/**
 * The function f, computed op by op, and checked: fails with NonFinite for the first op that makes a NaN from values other
 * than NaN, or an infinity from finite values, naming the op, the user's line, and the first such element. Arguments that
 * are not finite to begin with are named too.
 *
 * Slow; for finding mistakes. Compiled functions inside are opened. To check a backward pass as well, put it inside, as in
 * `debugNaN(grad(loss))`; ops of the backward pass are named with the op that they belong to.
 *
 * @example
 * const f = (x: Tensor) => sum(log(x));
 * debugNaN(f)(tensor([1, 0])) // throws log: finite values expected, got 1 infinite in f32[2], first at [1]
 */
export const debugNaN =
  <F extends TreeFunction>(
    f: F,
    { infinities = true, device = "reference" }: DebugOptions = {},
  ): ((...args: Parameters<F>) => ReturnType<F>) =>
  (...args) => {
    const { result, made } = record(() => withinTransform(() => f(...args) as ReturnType<F>));
    const outputs = leavesOf(result, "debugNaN");
    refusePlaceholders(outputs);
    const isGiven = (node: Tensor): boolean =>
      node.origin._tag !== "Apply" || (!made.has(node) && storageOf(node) !== undefined);
    const order = topologicalOrder(outputs, isGiven);
    const given = new Set(order.filter(isGiven));
    computeTensors(order, "debugNaN", { device, fuse: false });
    const places = placesOf(args);
    const found = new Map<Tensor, Findings>();
    for (const node of order) {
      const it = examine(node);
      found.set(node, it);
      if (it.nan + it.infinite === 0) continue;
      if (given.has(node)) {
        const rule = `finite values in ${places.get(node) ?? "what the function uses"} expected`;
        if (it.nan > 0 || infinities) failNonFinite("debugNaN", rule, node, it);
        continue;
      }
      const origin = node.origin as Apply; // what is not given was computed
      const inputs = origin.inputs.map((input) => found.get(input) as Findings); // ordered
      const makesNaN = it.nan > 0 && inputs.every(({ nan }) => nan === 0);
      const makesInfinity =
        inputs.every(({ nan, infinite }) => nan + infinite === 0) && !wantsInfinity(origin);
      if (!makesNaN && !(infinities && makesInfinity)) continue;
      const forward = made.get(node)?.origin as Apply | undefined; // rules belong to ops
      const where =
        forward === undefined ? "" : ` in the backward pass of ${forward.primitive.name}`;
      failNonFinite(origin.primitive.name, `finite values${where} expected`, node, it);
    }
    return result;
  };
