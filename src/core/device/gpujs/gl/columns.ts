// Contractions with four neighbouring elements of the output in one thread: what both factors share is read once for the four. A shader cannot
// share memory among threads, but it can return four values.

import { flatten, linear } from "../../../kernel/affine.ts";
import { scheduleExprs } from "../../../kernel/block.ts";
import { type Contraction, contractionOf, pointsOf } from "../../../kernel/contraction.ts";
import { type Axis, axis, type Expr } from "../../../kernel/expr.ts";
import { exprsOf, type Kernel, withExprsBeside } from "../../../kernel/kernel.ts";
import type { Nest } from "../../../kernel/nest.ts";
import { rewriter } from "../../../kernel/rewrite.ts";
import { sharingAsked } from "../card/asked.ts";
import { type KernelSource, makePrinter, printThread, sourceOf, sumInParts } from "../generate.ts";
import type { Mode } from "../modes.ts";

/** Elements that a thread computes. */
export const width = 4;
const lanes = [0, 1, 2, 3] as const;

/**
 * Whether so many terms in each of so many elements are worth a second draw, which takes the fours apart. Measured on SwiftShader and llvmpipe
 * (`npm run bench:entries`, docs/performance.md); not on a card.
 */
const isWorth = (elements: number, terms: number): boolean => {
  const asked = sharingAsked();
  if (asked !== undefined) return asked === "always";
  return terms >= 32 && elements * terms >= 2 ** 18;
};

/** Whether a kernel had better compute `width` elements a thread: a contraction whose innermost loop goes along one factor in fours. */
export const suitsColumns = (kernel: Kernel): boolean => {
  const it = contractionOf(kernel);
  const last = kernel.axes.at(-1);
  return (
    it !== undefined &&
    last !== undefined &&
    last.size % width === 0 &&
    (it.columns.includes(last) || it.rows.includes(last)) &&
    kernel.output.dtype === "f32" &&
    exprsOf(kernel).every(canWiden) &&
    isWorth(kernel.output.size, it.nest.size)
  );
};

/** Words take two names, and checked indices are known by their expressions. */
const canWiden = (expr: Expr): boolean =>
  expr.dtype !== "u32" && !(expr.tag === "call" && expr.op === "checkIndex");

/** The source of a kernel that suits, for a quarter of the threads. */
export const printColumns = (kernel: Kernel, mode: Mode): KernelSource =>
  withExprsBeside(kernel, () => {
    const { nest } = contractionOf(kernel) as Contraction; // by suitsColumns
    return print(kernel, nest, kernel.axes.at(-1) as Axis, mode);
  });

const print = (kernel: Kernel, nest: Nest, last: Axis, mode: Mode): KernelSource => {
  const { names, block } = makePrinter(kernel, mode);
  const four = axis(last.size / width);
  const axes = [...kernel.axes.slice(0, -1), four];
  const totals = lanes.map(() => axis(2)); // names for the four sums
  const inLane = (lane: number) =>
    rewriter((expr) => {
      if (expr === last) return linear(lane, [{ atom: four, stride: width }]);
      return expr === nest.root ? totals[lane] : undefined;
    });
  const terms = lanes.map((lane) => inLane(lane)(nest.body));
  const results = lanes.map((lane) => inLane(lane)(kernel.body));
  const loops = nest.axes.map((it) => ({ name: names.of(it), size: it.size }));
  const innermost = block(scheduleExprs(terms));
  return sourceOf(kernel, mode, [
    ...printThread(
      { axes, target: flatten(axes, stridesOf(axes)) },
      [...terms, ...results],
      names,
      mode,
    ),
    ...printSums(loops, totals.map(names.of), innermost, terms.map(names.of)),
    ...block(scheduleExprs(results)),
    `return [${results.map(names.of).join(", ")}];`,
  ]);
};

const stridesOf = (axes: readonly Axis[]): readonly number[] =>
  axes.map((_, i) => pointsOf(axes.slice(i + 1)));

/** Lines that add up terms over loops, several sums at once, in the order and the parts in which one sum is added up. */
const printSums = (
  [loop, ...inner]: readonly { readonly name: string; readonly size: number }[],
  totals: readonly string[],
  innermost: readonly string[],
  terms: readonly string[],
): readonly string[] => {
  if (loop === undefined) return innermost;
  const add = (sums: readonly string[], parts: readonly string[]): readonly string[] =>
    sums.map((sum, i) => `${sum} = ${sum} + ${parts[i]};`);
  const below = totals.map((sum) => `${sum}i`);
  return sumInParts(loop.name, loop.size, totals, (sums) =>
    inner.length === 0
      ? [...innermost, ...add(sums, terms)]
      : [...printSums(inner, below, innermost, terms), ...add(sums, below)],
  );
};
