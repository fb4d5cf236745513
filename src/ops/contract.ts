// Contractions: sums over axes of a product of two arrays. Matrix products, batched products, dot, outer and einsum are one
// primitive with labelled axes, whose adjoints are contractions again.

import * as E from "fp-ts/lib/Either.js";
import { fail, problem } from "../core/errors.ts";
import { call, reduce } from "../core/kernel/build.ts";
import { type Axis, axis, type Expr } from "../core/kernel/expr.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { printShape, sizeOf } from "../core/shape.ts";
import type { Aval, Primitive, Tensor } from "../core/tensor.ts";
import type { DotOp, EinsumOp, MatmulOp, OuterOp } from "../core/types/index.ts";
import { mul } from "./arithmetic.ts";
import { reshapeTo, sumAxes } from "./broadcast.ts";
import {
  dual,
  type HasPrimitive,
  type Operand,
  orThrow,
  requireCompute,
  requireTensor,
  sameAvals,
  withPrimitive,
} from "./call.ts";
import { sliceAxes } from "./slice.ts";
import { permuteAxes } from "./structural.ts";

/** Axis labels of both operands and of the result. Labels that the result lacks are summed over. */
interface ContractAttributes {
  readonly left: string;
  readonly right: string;
  readonly output: string;
}

const sizesOf = (
  labels: string,
  { shape }: { readonly shape: readonly number[] },
): [string, number][] => [...labels].map((label, i) => [label, shape[i] as number]);

const contractPrimitive: Primitive<ContractAttributes> = {
  name: "contract",
  shape: ([a, b], { left, right, output }) => {
    const same = sameAvals([a as Aval, b as Aval]);
    if (E.isLeft(same)) return same;
    const sizes = new Map<string, number>();
    for (const [label, n] of [...sizesOf(left, a as Aval), ...sizesOf(right, b as Aval)]) {
      const known = sizes.get(label);
      if (known !== undefined && known !== n) {
        const arrived = `${printShape((a as Aval).shape)} · ${printShape((b as Aval).shape)} (${known} ≠ ${n})`;
        return E.left(problem("ShapeMismatch", `equal sizes of axis ${label} expected`, arrived));
      }
      sizes.set(label, n);
    }
    return E.right({
      shape: [...output].map((label) => sizes.get(label) as number),
      dtype: (a as Aval).dtype,
    });
  },
  vjp: ({ g, inputs: [a, b], attributes: { left, right, output }, wanted }) => [
    wanted[0] ? contract(g, b as Tensor, output, right, left) : null,
    wanted[1] ? contract(a as Tensor, g, left, output, right) : null,
  ],
  lower: {
    _tag: "Pull",
    role: "reduce",
    isProduct: true,
    cost: 1,
    reads: (_, [a, b], __, { left, right, output }) => {
      const summed = new Map([...sizesOf(left, a as Aval), ...sizesOf(right, b as Aval)]);
      return sizeOf([...summed].flatMap(([label, n]) => (output.includes(label) ? [] : [n])));
    },
    pull: ({ inputs, attributes: { left, right, output } }) => {
      const [a, b] = inputs as readonly [Delayed, Delayed];
      return (coords) => {
        const at = new Map<string, Expr>([...output].map((label, i) => [label, coords[i] as Expr]));
        const loops: Axis[] = [];
        for (const [label, n] of [...sizesOf(left, a), ...sizesOf(right, b)]) {
          if (at.has(label)) continue;
          const loop = axis(n);
          loops.push(loop);
          at.set(label, loop);
        }
        const read = (labels: string, x: Delayed): Expr =>
          x.at([...labels].map((label) => at.get(label) as Expr));
        return loops.reduceRight(
          (body, loop) => reduce("sum", loop, body),
          call("mul", read(left, a), read(right, b)),
        );
      };
    },
  },
};

/** The contraction of a and b, each axis named by a letter; every letter of an operand is in the other one or in the result. */
const contract = (a: Tensor, b: Tensor, left: string, right: string, output: string): Tensor =>
  apply(contractPrimitive, { left, right, output }, [a, b]);

const letters = "abcdefghijklmnopqrstuvwxyz";

/** Two factors of one dtype to compute with; anything else is refused in the name of the op. */
const factorsOf = (op: string, a: Operand, b: Operand): readonly [Tensor, Tensor] => {
  const factors = [requireTensor(op, a), requireTensor(op, b)] as const;
  for (const x of factors) requireCompute(op, x);
  orThrow(op, sameAvals(factors));
  return factors;
};

const multiply = (
  a: Tensor,
  b: Tensor,
  shown = `${printShape(a.shape)} · ${printShape(b.shape)}`, // as the caller knows them
): Tensor => {
  if (a.shape.length === 0 || b.shape.length === 0) {
    const hint = "multiply by a scalar with mul";
    fail("matmul", "ShapeMismatch", "at least one axis expected", shown, hint);
  }
  if (a.shape.length === 1)
    return dropAxis(
      multiply(reshapeTo(a, [1, ...a.shape]), b, shown),
      b.shape.length === 1 ? 0 : -2,
    );
  if (b.shape.length === 1) return dropAxis(multiply(a, reshapeTo(b, [...b.shape, 1]), shown), -1);
  const [k, inner] = [a.shape.at(-1), b.shape.at(-2)];
  if (k !== inner) {
    fail(
      "matmul",
      "ShapeMismatch",
      "inner dimensions equal expected",
      `${shown} (${k} ≠ ${inner})`,
    );
  }
  // Batch axes present in one operand only keep their own label; a size of 1 against n is dropped, not repeated.
  const rank = Math.max(a.shape.length, b.shape.length) - 2;
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const sizeAt = (batch: readonly number[], at: number): number =>
    batch[at - (rank - batch.length)] ?? 1;
  const [left, right, output, shape]: [string[], string[], string[], number[]] = [[], [], [], []];
  for (let at = 0; at < rank; at++) {
    const [m, n] = [sizeAt(batchA, at), sizeAt(batchB, at)];
    if (m !== n && m !== 1 && n !== 1) {
      fail(
        "matmul",
        "ShapeMismatch",
        "batch axes that broadcast expected",
        `${shown} (${m} ≠ ${n})`,
      );
    }
    const label = letters[at] as string;
    if (m !== 1) left.push(label);
    if (n !== 1) right.push(label);
    if (m !== 1 || n !== 1) output.push(label);
    shape.push(m === 1 ? n : m);
  }
  const withoutOnes = (x: Tensor): Tensor =>
    reshapeTo(x, [...x.shape.slice(0, -2).filter((n) => n !== 1), ...x.shape.slice(-2)]);
  const product = contract(
    withoutOnes(a),
    withoutOnes(b),
    `${left.join("")}xz`,
    `${right.join("")}zy`,
    `${output.join("")}xy`,
  );
  return reshapeTo(product, [...shape, a.shape.at(-2) as number, b.shape.at(-1) as number]);
};

const dropAxis = (x: Tensor, axis: number): Tensor => {
  const at = axis < 0 ? axis + x.shape.length : axis;
  return reshapeTo(
    x,
    x.shape.filter((_, i) => i !== at),
  );
};

/**
 * The matrix product over the last two axes; earlier axes broadcast; a vector is a row on the left and a column on the right.
 *
 *   a [..., n, k]   b [..., k, m]   → [..., n, m]
 *
 * Fails with ShapeMismatch when the inner dimensions differ.
 *
 * @example
 * toArray(matmul(tensor([[1, 2]]), tensor([[3], [4]]))) // [[11]]
 */
export const matmul = withPrimitive(
  dual((a, b) => multiply(...factorsOf("matmul", a, b))),
  contractPrimitive,
) as unknown as MatmulOp & HasPrimitive; // the call forms of dual; sizes of the product

/** Σ a · b of two vectors of equal length. */
export const dot = withPrimitive(
  dual((a, b) => {
    const [x, y] = factorsOf("dot", a, b);
    if (x.shape.length !== 1 || y.shape.length !== 1 || x.shape[0] !== y.shape[0]) {
      fail(
        "dot",
        "ShapeMismatch",
        "two vectors of equal length expected",
        `${printShape(x.shape)} and ${printShape(y.shape)}`,
        "use matmul or einsum",
      );
    }
    return contract(x, y, "a", "a", "");
  }),
  contractPrimitive,
) as unknown as DotOp & HasPrimitive; // the call forms of dual; a scalar

/** All products of the elements of two vectors: [n] and [m] → [n, m]. */
export const outer = withPrimitive(
  dual((a, b) => {
    const [x, y] = factorsOf("outer", a, b);
    if (x.shape.length !== 1 || y.shape.length !== 1) {
      fail(
        "outer",
        "ShapeMismatch",
        "two vectors expected",
        `${printShape(x.shape)} and ${printShape(y.shape)}`,
        "use einsum",
      );
    }
    return contract(x, y, "a", "b", "ab");
  }),
  contractPrimitive,
) as unknown as OuterOp & HasPrimitive; // the call forms of dual; both sizes

/** Labels of the operands and of the result of an equation such as `bij,bjk->bik`. */
const parseEquation = (
  equation: string,
  tensors: readonly Tensor[],
): { readonly operands: string[]; readonly output: string } => {
  const parts = /^([a-zA-Z,]*)(?:->([a-zA-Z]*))?$/.exec(equation.replaceAll(" ", ""));
  const malformed = (rule: string): never =>
    fail("einsum", "InvalidArgument", rule, `"${equation}"`);
  if (parts === null) return malformed('an equation such as "ij,jk->ik" expected');
  const operands = (parts[1] as string).split(",");
  if (operands.length !== tensors.length)
    return malformed(`an equation of ${tensors.length} operands expected`);
  operands.forEach((labels, i) => {
    const { shape } = tensors[i] as Tensor;
    if (labels.length !== shape.length) {
      fail(
        "einsum",
        "ShapeMismatch",
        `${shape.length} labels for operand ${i} of shape ${printShape(shape)} expected`,
        `"${labels}" in "${equation}"`,
      );
    }
  });
  const all = operands.join("");
  const implied = [...new Set(all)]
    .filter((label) => all.split(label).length === 2)
    .sort()
    .join("");
  const output = parts[2] ?? implied;
  if ([...output].some((label, i) => output.indexOf(label) !== i || !all.includes(label))) {
    return malformed("output labels that are distinct and occur in an operand expected");
  }
  return { operands, output };
};

/** An operand without repeated labels (its diagonal is taken) and without labels that nothing else has (they are summed). */
const prepareOperand = (x: Tensor, labels: string, others: string): readonly [Tensor, string] => {
  const twice = [...labels].find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) {
    const [i, j] = [labels.indexOf(twice), labels.lastIndexOf(twice)];
    return prepareOperand(diagonal(x, i, j), labels.slice(0, j) + labels.slice(j + 1), others);
  }
  const alone = [...labels]
    .map((label, at) => [label, at] as const)
    .filter(([label]) => !others.includes(label));
  const kept = [...labels].filter((label) => others.includes(label)).join("");
  return [
    sumAxes(
      x,
      alone.map(([, at]) => at),
    ),
    kept,
  ];
};

/** The elements of x whose coordinates on axes i < j are equal; axis j disappears. */
const diagonal = (x: Tensor, i: number, j: number): Tensor => {
  const n = x.shape[i] as number;
  if (x.shape[j] !== n)
    fail(
      "einsum",
      "ShapeMismatch",
      "equal sizes for a repeated label expected",
      printShape(x.shape),
    );
  const toEnd = [...x.shape.keys()].filter((at) => at !== i && at !== j);
  const moved = permuteAxes(x, [...toEnd, i, j]);
  const rest = toEnd.map((at) => x.shape[at] as number);
  // Every (n + 1)-th element of the flattened square.
  const flat = reshapeTo(moved, [...rest, n * n]);
  const picked = n === 0 ? reshapeTo(moved, [...rest, 0]) : everyNth(flat, n + 1, n);
  const order = [...x.shape.keys()]
    .filter((at) => at !== j)
    .map((at) => (at === i ? toEnd.length : toEnd.indexOf(at)));
  return permuteAxes(picked, order);
};

const everyNth = (x: Tensor, step: number, size: number): Tensor => {
  const last = x.shape.length - 1;
  const one = x.shape.map(() => 1);
  return sliceAxes(x, {
    start: x.shape.map(() => 0),
    step: one.map((n, at) => (at === last ? step : n)),
    size: x.shape.map((n, at) => (at === last ? size : n)),
  });
};

/**
 * Einstein's summation: axes with equal letters are multiplied together, letters that the result lacks are summed over.
 * Without `->` the result has the letters that occur once, in alphabetical order. Any number of operands; they are contracted
 * from the left.
 *
 * @example
 * toArray(einsum("ij,j->i")(tensor([[1, 2], [3, 4]]), tensor([1, 1]))) // [3, 7]
 */
export const einsum = withPrimitive(
  (equation: string) =>
    (...tensors: readonly Tensor[]): Tensor => {
      for (const x of tensors) requireCompute("einsum", requireTensor("einsum", x));
      if (tensors.length === 0)
        fail("einsum", "InvalidArgument", "at least one operand expected", "none");
      orThrow("einsum", sameAvals(tensors));
      const { operands, output } = parseEquation(equation, tensors);
      let [result, labels] = ["", ""] as unknown as [Tensor, string];
      tensors.forEach((x, i) => {
        const needed = operands.slice(i + 1).join("") + output;
        const [right, rightLabels] = prepareOperand(x, operands[i] as string, needed + labels);
        if (i === 0) {
          [result, labels] = [right, rightLabels];
          return;
        }
        const [left, leftLabels] = prepareOperand(result, labels, needed + rightLabels);
        const kept = [...new Set(leftLabels + rightLabels)]
          .filter((label) => needed.includes(label))
          .join("");
        result = checkedContract(equation, left, right, leftLabels, rightLabels, kept);
        labels = kept;
      });
      return permuteAxes(
        result,
        [...output].map((label) => labels.indexOf(label)),
      );
    },
  contractPrimitive,
) as EinsumOp & HasPrimitive; // sizes by the equation

const checkedContract = (
  equation: string,
  a: Tensor,
  b: Tensor,
  left: string,
  right: string,
  output: string,
): Tensor => {
  for (const [label, n] of sizesOf(left, a)) {
    const at = right.indexOf(label);
    if (at >= 0 && b.shape[at] !== n) {
      fail(
        "einsum",
        "ShapeMismatch",
        `equal sizes of axis ${label} in "${equation}" expected`,
        `${printShape(a.shape)} and ${printShape(b.shape)} (${n} ≠ ${b.shape[at]})`,
      );
    }
  }
  return left === "" && right === "" ? mul(a, b) : contract(a, b, left, right, output);
};
