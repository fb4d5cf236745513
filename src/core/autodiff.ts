// Reverse-mode differentiation, graph to graph. The pullback of a graph is itself a graph, built by the rules that stand beside
// each op; it can be differentiated again, batched and compiled like any other.
//
// Forward mode needs no rules of its own: the pullback is linear in its cotangent, so differentiating it once more with
// respect to that cotangent gives the Jacobian–vector product (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).

import {
  alias,
  type CustomAttributes,
  combineInTree,
  customPrimitive,
  fillTensor,
  isDifferentiable,
  makerOf,
  sumOf,
} from "./builtin.ts";
import { fail, TensorError } from "./errors.ts";
import { withinPullback, withinTransform } from "./scope.ts";
import { printShape, sameShape } from "./shape.ts";
import type { Apply, Tensor } from "./tensor.ts";
import { flattenTree, type Structure } from "./tree.ts";

/**
 * Cotangents of `wrt` from cotangents of `outputs`; `null` where no output depends on it differentiably.
 * Only nodes between the two are visited, each once: the cost is that of the graph.
 */
export const pullGraph = (
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[],
  wrt: readonly Tensor[],
): (Tensor | null)[] => {
  const dependent = nodesBetween(outputs, wrt);
  const arriving = new Map<Tensor, Tensor[]>();
  const send = (node: Tensor, g: Tensor | null | undefined) => {
    if (g === null || g === undefined || !dependent.has(node) || !isDifferentiable(node)) return;
    const others = arriving.get(node) ?? [];
    arriving.set(node, others);
    // Added up as they come, so that parts need not be kept; but pieces of one tensor are put together at the end.
    const isPiece = makerOf(g)?.addMany !== undefined;
    const partner = isPiece
      ? -1
      : others.findIndex((other) => makerOf(other)?.addMany === undefined);
    if (partner < 0) others.push(g);
    else others[partner] = sumOf([others[partner] as Tensor, g]);
  };
  outputs.forEach((output, i) => send(output, cotangents[i]));
  const total = (node: Tensor): Tensor | null => {
    const parts = arriving.get(node);
    if (parts === undefined) return null;
    const pieces = parts.filter((part) => makerOf(part)?.addMany !== undefined);
    const whole = parts.filter((part) => makerOf(part)?.addMany === undefined);
    return sumOf(pieces.length === 0 ? whole : [...whole, addPieces(pieces)]);
  };
  const targets = new Set(wrt);
  const finishedGroups = new Set<object>();
  // Users before inputs: ids rise from inputs to users.
  for (const node of [...dependent].sort((a, b) => b.id - a.id)) {
    if (targets.has(node) || node.origin._tag !== "Apply") continue;
    const { primitive, inputs } = node.origin;
    if (primitive === customPrimitive) {
      const { group } = node.origin.attributes as CustomAttributes; // what custom nodes carry
      if (finishedGroups.has(group)) continue;
      finishedGroups.add(group);
      const outgoing = group.outputs.map(total);
      if (outgoing.every((g) => g === null)) continue;
      if (group.rule.captured.some((x) => dependent.has(x) && isDifferentiable(x))) failCaptured();
      group.rule.pullback(outgoing).forEach((g, i) => send(inputs[i + 1] as Tensor, g));
      continue;
    }
    const g = total(node);
    if (g === null) continue;
    pullNode(node, node.origin, g, dependent).forEach((part, i) => send(inputs[i] as Tensor, part));
  }
  return wrt.map(total);
};

/** The sum of pieces of one tensor, by the op that made them where it knows a better way. */
const addPieces = (pieces: readonly Tensor[]): Tensor =>
  (pieces.length > 1 ? makerOf(pieces[0] as Tensor)?.addMany?.(pieces) : undefined) ??
  combineInTree(pieces, sumOf);

const pullNode = (
  node: Tensor,
  { primitive, inputs, attributes }: Apply,
  g: Tensor,
  dependent: ReadonlySet<Tensor>,
): readonly (Tensor | null)[] => {
  const { vjp: rule } = primitive;
  if (typeof rule !== "function") return [];
  const wanted = inputs.map((input) => dependent.has(input) && isDifferentiable(input));
  const parts = withinPullback(node, () => rule({ g, inputs, output: node, attributes, wanted }));
  parts.forEach((part, i) => {
    const input = inputs[i] as Tensor;
    if (
      part !== null &&
      wanted[i] &&
      !(sameShape(part.shape, input.shape) && part.dtype === input.dtype)
    ) {
      throw new TensorError({
        _tag: "ShapeMismatch",
        op: primitive.name,
        rule: `a gradient of ${printShape(input.shape)} ${input.dtype} expected from its vjp for input ${i}`,
        got: `${printShape(part.shape)} ${part.dtype}`,
      });
    }
  });
  return parts;
};

/** Nodes that outputs depend on and that depend on `wrt` themselves. */
const nodesBetween = (outputs: readonly Tensor[], wrt: readonly Tensor[]): ReadonlySet<Tensor> => {
  const targets = new Set(wrt);
  const oldest = wrt.reduce((id, { id: other }) => Math.min(id, other), Number.POSITIVE_INFINITY);
  const seen = new Set<Tensor>(outputs);
  const stack = [...seen];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    // What is older than every target cannot depend on one.
    if (node.origin._tag !== "Apply" || node.id < oldest || targets.has(node)) continue;
    for (const input of node.origin.inputs) {
      if (input.id >= oldest && !seen.has(input)) {
        seen.add(input);
        stack.push(input);
      }
    }
  }
  const dependent = new Set<Tensor>();
  for (const node of [...seen].sort((a, b) => a.id - b.id)) {
    const depends =
      targets.has(node) ||
      (node.origin._tag === "Apply" && node.origin.inputs.some((input) => dependent.has(input)));
    if (depends) dependent.add(node);
  }
  return dependent;
};

const failCaptured = () =>
  fail(
    "customVjp",
    "NotDifferentiable",
    "every differentiated tensor passed as an argument expected",
    "a function that uses one from outside",
    "the pullback has nowhere to put its gradient: pass it as an argument",
  );

/** Zeros of the shape and dtype of a tensor. */
export const zerosLike = (x: Tensor): Tensor => fillTensor(x.shape, 0, x.dtype);

const gradientOrZeros = (g: Tensor | null, x: Tensor): Tensor => g ?? zerosLike(x);

/** The leaves of a tree under new identities, so that derivatives are taken with respect to this use alone. */
const markLeaves = (tree: unknown, op: string) => {
  const { leaves, structure } = flattenTree(tree, op);
  const marked = (leaves as readonly Tensor[]).map(alias); // numbers are not allowed here
  return { marked, structure, tree: structure.rebuild(marked) };
};

/** A function of trees of tensors. */
// biome-ignore lint/suspicious/noExplicitAny: argument types are inferred from the user's function.
export type TreeFunction = (...args: any[]) => unknown;

/** Which arguments to differentiate: one position, or several. */
export type Argnums = number | readonly number[];

/** The type of the gradient: that of the chosen argument, or a tuple of those chosen. */
export type GradientOf<
  A extends readonly unknown[],
  N extends Argnums,
> = N extends readonly number[] ? { readonly [K in keyof N]: A[N[K] & number] } : A[N & number];

/** Options of `grad` and `valueAndGrad`. */
export interface GradOptions<N extends Argnums = Argnums, Aux extends boolean = boolean> {
  /** Positions of the arguments to differentiate; default 0. */
  readonly argnums?: N;
  /** Whether f returns `[loss, auxiliary]`, of which only the loss is differentiated. */
  readonly hasAux?: Aux;
}

const requireScalarLoss = (loss: unknown, op: string): Tensor => {
  const { leaves } = flattenTree(loss, op);
  const [y] = leaves as readonly Tensor[];
  if (y === undefined || leaves.length !== 1) {
    return fail(
      op,
      "NotScalar",
      "one scalar loss expected",
      `${leaves.length} tensors`,
      "return [loss, auxiliary] and set hasAux, or use vjp",
    );
  }
  if (y.shape.length !== 0) {
    return fail(
      op,
      "NotScalar",
      "a scalar loss expected",
      `shape ${printShape(y.shape)}`,
      "reduce it with sum or mean, or use jacobian or vjp",
    );
  }
  if (!isDifferentiable(y))
    return fail(op, "DtypeMismatch", "a floating-point loss expected", y.dtype);
  return y;
};

const requireFloatLeaves = (
  leaves: readonly Tensor[],
  { paths }: Structure,
  op: string,
  what: string,
): void => {
  leaves.forEach((leaf, i) => {
    if (!isDifferentiable(leaf)) {
      fail(
        op,
        "DtypeMismatch",
        `floating-point tensors expected in ${what}`,
        `${leaf.dtype}${paths[i] === "" ? "" : ` at ${paths[i]}`}`,
        "choose other arguments with argnums",
      );
    }
  });
};

/**
 * A function that returns the value of f and its gradient with respect to chosen arguments, as trees of the same structure.
 *
 * f returns a scalar, or `[scalar, auxiliary]` with `hasAux`; then the result is `[[loss, auxiliary], gradient]`.
 * Fails with NotScalar when the loss is not a scalar.
 *
 * @example
 * const [loss, slope] = valueAndGrad((x: Tensor) => mul(x, x))(scalar(3));
 * item(loss) // 9
 * item(slope) // 6
 */
export const valueAndGrad =
  <F extends TreeFunction, const N extends Argnums = 0>(f: F, options: GradOptions<N> = {}) =>
  (...args: Parameters<F>): [ReturnType<F>, GradientOf<Parameters<F>, N>] => {
    const op = "grad";
    const argnums = (options.argnums ?? 0) as Argnums;
    const chosen = typeof argnums === "number" ? [argnums] : argnums;
    const marks = chosen.map((position, i) => {
      if (!(Number.isInteger(position) && position >= 0 && position < args.length)) {
        const rule = `argnums in 0…${args.length - 1} expected`;
        return args.length === 0
          ? fail(op, "InvalidArgument", "an argument to differentiate expected", "none")
          : fail(op, "InvalidArgument", rule, String(position));
      }
      if (chosen.indexOf(position) !== i)
        fail(op, "InvalidArgument", "each position in argnums once expected", `${position} twice`);
      const mark = markLeaves(args[position], op);
      requireFloatLeaves(mark.marked, mark.structure, op, `argument ${position}`);
      return mark;
    });
    const replaced = args.map((arg, i) => marks[chosen.indexOf(i)]?.tree ?? arg);
    const result = withinTransform(() => f(...replaced));
    const loss = requireScalarLoss(options.hasAux ? (result as readonly unknown[])[0] : result, op);
    const wrt = marks.flatMap(({ marked }) => marked);
    const gradients = pullGraph([loss], [fillTensor([], 1, loss.dtype)], wrt).map((g, i) =>
      gradientOrZeros(g, wrt[i] as Tensor),
    );
    let offset = 0;
    const trees = marks.map(({ marked, structure }) => {
      const part = gradients.slice(offset, offset + marked.length);
      offset += marked.length;
      return structure.rebuild(part);
    });
    // Rebuilt with the structures of the arguments, so the types are theirs.
    return [
      result as ReturnType<F>,
      (typeof argnums === "number" ? trees[0] : trees) as GradientOf<Parameters<F>, N>,
    ];
  };

/** What `grad` returns: the gradient, or `[gradient, auxiliary]`. */
export type GradResult<
  F extends TreeFunction,
  N extends Argnums,
  Aux extends boolean,
> = Aux extends true
  ? [GradientOf<Parameters<F>, N>, ReturnType<F> extends readonly [unknown, infer B] ? B : unknown]
  : GradientOf<Parameters<F>, N>;

/**
 * A function that returns the gradient of f with respect to chosen arguments (the first by default), as a tree of the same
 * structure; `[gradient, auxiliary]` with `hasAux`.
 *
 * @example
 * item(grad((x: Tensor) => mul(x, mul(x, x)))(scalar(2))) // 12
 */
export const grad =
  <F extends TreeFunction, const N extends Argnums = 0, const Aux extends boolean = false>(
    f: F,
    options: GradOptions<N, Aux> = {},
  ) =>
  (...args: Parameters<F>): GradResult<F, N, Aux> => {
    const [result, gradient] = valueAndGrad(f, options)(...args);
    // hasAux says that the result is a pair.
    return (
      options.hasAux ? [gradient, (result as readonly unknown[])[1]] : gradient
    ) as GradResult<F, N, Aux>;
  };

/** Cotangents, tangents or gradients as a list, checked against the tensors that they belong to. */
export const linearLeaves = (
  tree: unknown,
  tensors: readonly Tensor[],
  op: string,
  what: "cotangent" | "tangent" | "gradient",
): Tensor[] => {
  const leaves = flattenTree(tree, op).leaves as readonly Tensor[]; // numbers are not allowed here
  if (leaves.length !== tensors.length) {
    const owner = what === "cotangent" ? "output" : "input";
    const rule = `${tensors.length} ${what}s expected, one for each ${owner}`;
    fail(op, "ShapeMismatch", rule, String(leaves.length));
  }
  leaves.forEach((leaf, i) => {
    const { shape, dtype } = tensors[i] as Tensor;
    if (sameShape(leaf.shape, shape) && leaf.dtype === dtype) return;
    const rule = `a ${what} of ${printShape(shape)} ${dtype} expected`;
    fail(op, "ShapeMismatch", rule, `${printShape(leaf.shape)} ${leaf.dtype}`);
  });
  return [...leaves];
};

/**
 * The value of f at inputs and its pullback: from a cotangent of the value (a tree like it) to a tuple of cotangents,
 * one for each input.
 *
 * @example
 * const { value, pullback } = vjp((a: Tensor, b: Tensor) => mul(a, b), scalar(3), scalar(4));
 * pullback(scalar(1)).map(item) // [4, 3]
 */
export const vjp = <F extends TreeFunction>(
  f: F,
  ...inputs: Parameters<F>
): { readonly value: ReturnType<F>; readonly pullback: (cotangent: unknown) => Parameters<F> } => {
  const marks = inputs.map((input) => markLeaves(input, "vjp"));
  const value = withinTransform(() => f(...marks.map(({ tree }) => tree))) as ReturnType<F>;
  const outputs = flattenTree(value, "vjp").leaves as readonly Tensor[];
  const pullback = (cotangent: unknown): Parameters<F> => {
    const cotangents = linearLeaves(cotangent, outputs, "vjp", "cotangent");
    const wrt = marks.flatMap(({ marked }) => marked);
    const pulled = pullGraph(outputs, cotangents, wrt).map((g, i) =>
      gradientOrZeros(g, wrt[i] as Tensor),
    );
    let offset = 0;
    return marks.map(({ marked, structure }) => {
      offset += marked.length;
      return structure.rebuild(pulled.slice(offset - marked.length, offset));
    }) as Parameters<F>; // rebuilt with the structures of the inputs
  };
  return { value, pullback };
};

/**
 * The value of f at inputs and its directional derivative along tangents (a tuple like the inputs).
 *
 * @example
 * const { tangent } = jvp((x: Tensor) => sin(x), [scalar(0)], [scalar(2)]);
 * item(tangent) // 2
 */
export const jvp = <F extends TreeFunction>(
  f: F,
  inputs: Parameters<F>,
  tangents: Parameters<F>,
): { readonly value: ReturnType<F>; readonly tangent: ReturnType<F> } => {
  const marks = inputs.map((input) => markLeaves(input, "jvp"));
  const value = withinTransform(() => f(...marks.map(({ tree }) => tree))) as ReturnType<F>;
  const { leaves, structure } = flattenTree(value, "jvp");
  const outputs = leaves as readonly Tensor[];
  const wrt = marks.flatMap(({ marked }) => marked);
  const directions = linearLeaves(tangents, wrt, "jvp", "tangent");
  // The pullback is linear in u, so its value at u = 0 does not matter; the second pullback reads off its transpose.
  const u = outputs.map((y) => alias(zerosLike(y)));
  const pulled = pullGraph(outputs, u, wrt);
  const reached = wrt.map((_, i) => i).filter((i) => pulled[i] !== null);
  const pushed = pullGraph(
    reached.map((i) => pulled[i] as Tensor),
    reached.map((i) => directions[i] as Tensor),
    u,
  ).map((t, i) => gradientOrZeros(t, outputs[i] as Tensor));
  return { value, tangent: structure.rebuild(pushed) as ReturnType<F> };
};
