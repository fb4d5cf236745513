// A kernel: one output buffer, the loops over its elements, and the expression that fills it. Its printed form is the key under
// which devices keep compiled code, so that equal kernels of a program are compiled once.

import type { Dtype } from "../dtype.ts";
import { type Axis, children, type Expr, type Reduce, withFreshExprs } from "./expr.ts";
import type { ReduceOp } from "./scalar.ts";

/** A buffer as a kernel sees it. */
export interface KernelBuffer {
  readonly dtype: Dtype;
  /** Elements; 0 for an input that begins at an offset, of which only the plan knows how far it goes. */
  readonly size: number;
}

/** One output buffer and the loops that fill it. */
export interface Kernel {
  /** The ops that were fused into it, for people. */
  readonly label: string;
  /** The op whose indices it checks, for complaints; absent where it checks none. */
  readonly indexedBy?: string;
  /** Loops, outermost first. */
  readonly axes: readonly Axis[];
  readonly inputs: readonly KernelBuffer[];
  readonly output: KernelBuffer;
  /** The flat output index that one loop point writes; row-major over the axes unless the kernel is a scatter. */
  readonly target: Expr;
  /** The value written there. */
  readonly body: Expr;
  /** Set for scatters: values that meet are combined, in loop order, starting from `initial`. */
  readonly scatter?: { readonly combine: ReduceOp; readonly initial: number };
  /** Printed form without the label: equal keys, equal code. */
  readonly key: string;
}

/** Prints an expression DAG: each shared expression once, in the order of first use. */
export const printExprs = (roots: readonly Expr[]): string => {
  const names = new Map<Expr, string>();
  const lines: string[] = [];
  const visit = (expr: Expr): string => {
    const known = names.get(expr);
    if (known !== undefined) return known;
    const text = printOne(expr, visit);
    if (expr.tag === "const" || expr.tag === "axis") {
      names.set(expr, text);
      return text;
    }
    const name = `t${lines.length}`;
    names.set(expr, name);
    lines.push(`${name}=${text}`);
    return name;
  };
  const results = roots.map(visit);
  return `${lines.join(";")}→${results.join(",")}`;
};

const printOne = (expr: Expr, visit: (child: Expr) => string): string => {
  switch (expr.tag) {
    case "const":
      return Object.is(expr.value, -0) ? `-0:${expr.dtype}` : `${expr.value}:${expr.dtype}`;
    case "axis":
      return `i${expr.id}<${expr.size}`;
    case "affine":
      return [
        ...(expr.base === 0 ? [] : [String(expr.base)]),
        ...expr.terms.map(({ atom, stride }) => `${stride}*${visit(atom)}`),
      ].join("+");
    case "load":
      return `b${expr.slot}[${visit(expr.index)}]`;
    case "call":
      return `${expr.op}${expr.op === "cast" ? `:${expr.dtype}` : ""}(${expr.args.map(visit).join(",")})`;
    case "reduce": {
      const bounds =
        expr.from === undefined || expr.to === undefined
          ? ""
          : ` in ${visit(expr.from)}…${visit(expr.to)}`;
      return `${expr.op}{${visit(expr.axis)}${bounds}}(${visit(expr.body)})`;
    }
  }
};

/** Makes a kernel, printing its key. */
export const makeKernel = (parts: Omit<Kernel, "key">): Kernel => {
  const { axes, inputs, output, target, body, scatter } = parts;
  const buffers = [...inputs, output].map(({ dtype, size }) => `${dtype}[${size}]`).join(",");
  const mode = scatter === undefined ? "" : `scatter ${scatter.combine} ${scatter.initial} `;
  const loops = axes.map(({ id, size }) => `i${id}<${size}`).join(",");
  return { ...parts, key: `${mode}${buffers}|${loops}|${printExprs([target, body])}` };
};

/** Every expression of a kernel, children before parents. */
export const exprsOf = (kernel: Kernel): Expr[] => {
  const seen = new Set<Expr>();
  const order: Expr[] = [];
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    for (const child of children(expr)) visit(child);
    order.push(expr);
  };
  visit(kernel.target);
  visit(kernel.body);
  return order;
};

/** Runs a builder of expressions that stand beside those of a kernel that is finished: they get other ids. */
export const withExprsBeside = <T>(kernel: Kernel, build: () => T): T => {
  const ids = [...kernel.axes, ...exprsOf(kernel)].map(({ id }) => id);
  return withFreshExprs(build, 1 + Math.max(-1, ...ids));
};

/** Turns that the loops of an expression take at most, those of a loop inside of another multiplied. */
export const countTurns = (root: Expr): number =>
  loopsIn(root).reduce(
    (total, { axis, body }) => total + axis.size * Math.max(1, countTurns(body)),
    0,
  );

/** The loops of an expression that stand in no other. */
const loopsIn = (root: Expr): readonly Reduce[] => {
  const seen = new Set<Expr>();
  const found: Reduce[] = [];
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (expr.tag === "reduce") found.push(expr);
    else children(expr).forEach(visit);
  };
  visit(root);
  return found;
};
