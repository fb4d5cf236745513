// Kernels as source text for gpu.js: one thread computes one element of a flat output. Statements come from the shared scheduler, one
// operation a line; loops count from a literal 0; inputs are read flat.
//
// The traps of gpu.js are each handled in one place: division and what else floats get wrong in scalars.ts and functions.ts, 32-bit words in
// limbs.ts, infinities and NaN as arguments in `literal`, indices that are not there in `readAt`, loops with bounds from data in `printLoop`.

import type { Dtype } from "../../dtype.ts";
import { fail } from "../../errors.ts";
import { type Block, type Statement, scheduleExprs } from "../../kernel/block.ts";
import { type Call, children, type Expr, type Load } from "../../kernel/expr.ts";
import { exprsOf, type Kernel } from "../../kernel/kernel.ts";
import { type ReduceOp, reduceInitial } from "../../kernel/scalar.ts";
import { functionsCalledIn, type KernelFunction } from "./functions.ts";
import * as Words from "./limbs.ts";
import type { Mode } from "./modes.ts";
import { convertTo, formulas, literal, namedNumbers } from "./scalars.ts";

/** A kernel's source and what to call it with: arrays, then the elements at which some of them begin, then numbers. */
export interface KernelSource {
  readonly text: string;
  /** The input slots that are arguments, in order; inputs that are never read are none. */
  readonly slots: readonly number[];
  /** The slots among them whose offset is an argument; none where arrays are passed from their offset on. */
  readonly offsetSlots: readonly number[];
  /** Names of those arguments, in the same order. */
  readonly offsetNames: readonly string[];
  /** The numbers that follow, by name. */
  readonly numbers: readonly (keyof typeof namedNumbers)[];
  /** The functions that it calls. */
  readonly functions: readonly KernelFunction[];
}

/** Prints a kernel for a mode. The kernel is no scatter: devices that cannot scatter get none. */
export const printKernel = (kernel: Kernel, mode: Mode): KernelSource => {
  const { names, block } = makePrinter(kernel, mode);
  return sourceOf(kernel, mode, [
    ...printThread(kernel, [kernel.body], names, mode),
    ...block(scheduleExprs([kernel.body])),
    `return ${wrapStored(names.of(kernel.body), kernel.output.dtype)};`,
  ]);
};

/** The source of a kernel with these statements. */
export const sourceOf = (kernel: Kernel, mode: Mode, lines: readonly string[]): KernelSource => {
  const body = lines.join("\n");
  const isUsed = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(body);
  const slots = kernel.inputs.map((_, slot) => slot).filter((slot) => isUsed(arrayName(slot)));
  const offsetSlots = slots.filter((slot) => isUsed(offsetName(slot)));
  const offsetNames = offsetSlots.map(offsetName);
  const numbers = (Object.keys(namedNumbers) as (keyof typeof namedNumbers)[]).filter(isUsed); // its own keys
  const parameters = [...slots.map(arrayName), ...offsetNames, ...numbers].join(", ");
  const functions = functionsCalledIn(body);
  const head = mode.memory === "texture" ? orderCalls(functions) : [];
  return {
    text: `function (${parameters}) {\n${[...head, body].join("\n")}\n}`,
    slots,
    offsetSlots,
    offsetNames,
    numbers,
    functions,
  };
};

/**
 * Lines that never run and name every function, callers before what they call. GLSL wants definitions before uses, and gpu.js 2.24.1 gets the
 * order wrong where two functions call a third that calls a fourth, unless it sees them in this one. They may go when it does not.
 */
const orderCalls = (functions: readonly KernelFunction[]): readonly string[] => {
  if (functions.length < 3) return [];
  const calls = functions
    .toReversed()
    .map(({ name, parameters }) => `order = ${name}(${parameters.map(() => "order").join(", ")});`);
  return ["let order = 0;", "if (order > 0) {", ...calls, "}"];
};

const arrayName = (slot: number): string => `b${slot}`;
const offsetName = (slot: number): string => `o${slot}`;

/** Whether an input begins where the plan says, at each run elsewhere; see rebase.ts. */
export const hasOffset = ({ inputs }: Kernel, slot: number): boolean => inputs[slot]?.size === 0;

/** Names of expressions in a mode. */
interface Names {
  /** The text of an operand: constants as they are, everything else by the name of its statement. */
  readonly of: (expr: Expr) => string;
  readonly word: (expr: Expr) => Words.Limbs;
  /** Whether an expression is another name of its operand: rounding to f32 where that is what the mode computes in. */
  readonly isAlias: (expr: Expr) => boolean;
}

const namesIn = ({ computesInF32, flushesDenormals }: Mode): Names => {
  /** A constant that would be lost in the first operation on it. */
  const isLost = (value: number): boolean => flushesDenormals && Math.abs(value) < 2 ** -126;
  const isAlias = (expr: Expr): expr is Call =>
    computesInF32 && expr.tag === "call" && expr.op === "roundF32";
  const of = (expr: Expr): string => {
    if (isAlias(expr)) return of(expr.args[0] as Expr);
    if (expr.tag === "const") return literal(isLost(expr.value) ? 0 : expr.value);
    return expr.tag === "axis" ? `i${expr.id}` : `t${expr.id}`;
  };
  const word = (expr: Expr): Words.Limbs =>
    expr.tag === "const" ? Words.wordLiteral(expr.value) : Words.limbNames(of(expr));
  return { of, word, isAlias };
};

/** Loop variables from the flat index, as far as they are needed. What is read at the flat index itself needs none. */
export const printThread = (
  { axes, target }: Pick<Kernel, "axes" | "target">,
  roots: readonly Expr[],
  names: Names,
  mode: Mode,
): readonly string[] => {
  if (target.tag === "const") return []; // a kernel of one element
  const used = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (used.has(expr)) return;
    used.add(expr);
    if (expr !== target) children(expr).forEach(visit);
  };
  roots.forEach(visit);
  let rest = names.of(target);
  const lines = [`const ${rest} = this.thread.x;`];
  if (target.tag === "axis") return lines;
  let skipped = 1; // sizes of inner axes that nothing asks for
  axes.toReversed().forEach((axis, position) => {
    const name = names.of(axis);
    if (!used.has(axis)) {
      skipped *= axis.size;
      return;
    }
    if (skipped > 1) {
      lines.push(...formulas.idiv(`${name}w`, [rest, String(skipped)], mode));
      rest = `${name}w`;
      skipped = 1;
    }
    if (position === axes.length - 1) lines.push(`const ${name} = ${rest};`);
    else lines.push(...formulas.mod(name, [rest, String(axis.size)], mode));
    rest = `${name}n`; // the quotient that the remainder was made with
  });
  return lines;
};

/** Printers of the parts of one kernel. */
export const makePrinter = (kernel: Kernel, mode: Mode) => {
  const unsafe = indicesFromChecks(kernel);
  const names = namesIn(mode);

  /** An element of an input; NaN where a check found its index out of range. */
  const readAt = (out: string, { slot, index }: Load): readonly string[] => {
    const at = names.of(index);
    const isMoved = mode.memory !== "host" && hasOffset(kernel, slot);
    const place = isMoved ? `${out}o` : at;
    const element = `${arrayName(slot)}[${place}]`;
    return [
      ...(isMoved ? [`const ${place} = ${at} + ${offsetName(slot)};`] : []),
      `const ${out} = ${unsafe.has(index) ? `(${at} === ${at}) ? ${element} : nan` : element};`,
    ];
  };

  const printLet = (expr: Expr): readonly string[] => {
    const out = names.of(expr);
    switch (expr.tag) {
      case "affine": {
        const terms = expr.terms.map(({ atom, stride }) =>
          stride === 1 ? names.of(atom) : `${names.of(atom)} * ${literal(stride)}`,
        );
        const sum = [...terms, ...(expr.base === 0 ? [] : [literal(expr.base)])].join(" + ");
        return [`const ${out} = ${sum};`];
      }
      case "load":
        return readAt(out, expr);
      case "call":
        return names.isAlias(expr) ? [] : printCall(expr, names, mode);
      default:
        return []; // constants, loop variables and reductions are not statements of this kind
    }
  };

  const assign = (target: Expr, result: Expr): readonly string[] =>
    target.dtype === "u32"
      ? names.word(target).map((name, i) => `${name} = ${names.word(result)[i]};`)
      : [`${names.of(target)} = ${names.of(result)};`];

  const branch = ({ statements, result }: Block, target: Expr): string =>
    `{\n${[...block(statements), ...assign(target, result)].join("\n")}\n}`;

  const printLoop = ({ expr, body }: Statement & { readonly _tag: "Loop" }): readonly string[] => {
    const [i, total] = [names.of(expr.axis), names.of(expr)];
    const { size } = expr.axis;
    const start = `let ${total} = ${literal(reduceInitial[expr.op])};`;
    /** The body of a loop that adds what it computes to a total. */
    const addTo = (sum: string): readonly string[] => [
      ...block(body.statements),
      ...combine(expr.op, sum, names.of(body.result), mode),
    ];
    if (expr.from !== undefined && expr.to !== undefined) {
      // A loop that does not start at a literal fails in some modes; one with a bound from data is cut at `loopMaxIterations` in all.
      const from = names.of(expr.from);
      return [
        `const ${total}n = ${names.of(expr.to)} - ${from};`,
        start,
        ...loopOver(`${i}k`, `${total}n`, [`const ${i} = ${from} + ${i}k;`, ...addTo(total)]),
      ];
    }
    if (expr.op === "sum" && mode.computesInF32 && partOf(size) > 1)
      return sumInParts(i, size, [total], ([sum]) => addTo(sum as string));
    if (mode.memory === "host") return [start, ...loopOver(i, String(size), addTo(total))];
    return [start, ...countOver(i, size, addTo(total))];
  };

  const printStatement = (statement: Statement): readonly string[] => {
    switch (statement._tag) {
      case "Let":
        return statement.expr === kernel.target ? [] : printLet(statement.expr);
      case "Loop":
        return printLoop(statement);
      case "If": {
        const { expr, then, otherwise } = statement;
        const results = expr.dtype === "u32" ? names.word(expr) : [names.of(expr)];
        const condition = `${names.of(expr.args[0] as Expr)} === 0`;
        return [
          ...results.map((name) => `let ${name} = 0;`),
          `if (${condition}) ${branch(otherwise, expr)} else ${branch(then, expr)}`,
        ];
      }
    }
  };

  const block = (statements: readonly Statement[]): readonly string[] =>
    statements.flatMap(printStatement);
  return { names, block };
};

/** A loop over whole numbers from 0. */
const loopOver = (i: string, to: string, body: readonly string[]): readonly string[] => [
  `for (let ${i} = 0; ${i} < ${to}; ${i}++) {`,
  ...body,
  "}",
];

/** A loop whose variable can be computed with: counters are integers, which a card does not mix with floats. */
const countOver = (i: string, size: number, body: readonly string[]): readonly string[] =>
  loopOver(`${i}k`, String(size), [`const ${i} = ${i}k;`, ...body]);

/** Lines that start totals at 0 and add to them in a loop, `addTo` to what it is told; a long sum in parts, each of which joins the total when it is whole. */
export const sumInParts = (
  i: string,
  size: number,
  totals: readonly string[],
  addTo: (sums: readonly string[]) => readonly string[],
): readonly string[] => {
  const start = (sums: readonly string[]): readonly string[] =>
    sums.map((sum) => `let ${sum} = 0;`);
  const part = partOf(size);
  if (part === 1) return [...start(totals), ...countOver(i, size, addTo(totals))];
  const parts = totals.map((total) => `${total}p`);
  return [
    ...start(totals),
    ...loopOver(`${i}b`, String(size / part), [
      ...start(parts),
      ...loopOver(`${i}k`, String(part), [
        `const ${i} = ${i}b * ${part} + ${i}k;`,
        ...addTo(parts),
      ]),
      ...totals.map((total) => `${total} = ${total} + ${total}p;`),
    ]),
  ];
};

/**
 * How many elements of a long sum are added up by themselves before they join the total: in f32 the error grows with the length of a
 * sum, 2·10⁻⁵ after a million elements, and here with its root. 1, which is none, for short sums and sizes without a divisor near the root.
 */
const partOf = (size: number): number => {
  if (size < 1024) return 1;
  let part = Math.floor(Math.sqrt(size));
  while (size % part !== 0) part--;
  return part < 16 ? 1 : part;
};

/** Lines that add `b` to a running `total`, multiply it by it, or take the larger or smaller of them. */
const combine = (op: ReduceOp, total: string, b: string, mode: Mode): readonly string[] => {
  if (op === "sum" || op === "prod")
    return [`${total} = ${total} ${op === "sum" ? "+" : "*"} ${b};`];
  return [...formulas[op](`${total}x`, [total, b], mode), `${total} = ${total}x;`];
};

/** Eight-bit integers wrap around where they are stored, as typed arrays do. */
const wrapStored = (x: string, dtype: Dtype): string =>
  dtype === "u8"
    ? `${x} - Math.floor(${x} * ${1 / 256}) * 256`
    : dtype === "i8"
      ? `${x} - Math.floor((${x} + 128) * ${1 / 256}) * 256`
      : x;

/** Indices that are NaN where a check failed. */
const indicesFromChecks = (kernel: Kernel): ReadonlySet<Expr> => {
  const found = new Set<Expr>();
  for (const expr of exprsOf(kernel)) {
    const isCheck = expr.tag === "call" && expr.op === "checkIndex";
    const passesOn = expr.tag !== "load" && children(expr).some((child) => found.has(child));
    if (isCheck || passesOn) found.add(expr);
  }
  return found;
};

const printCall = (expr: Call, names: Names, mode: Mode): readonly string[] => {
  const { op, args, dtype } = expr;
  const [a, b, c] = args as [Expr, Expr, Expr];
  const out = names.of(expr);
  switch (op) {
    case "u32":
      return Words.joinHalves(out, names.of(a), names.of(b));
    case "u32High":
      return [`const ${out} = ${names.word(a)[0]};`];
    case "u32Low":
      return [`const ${out} = ${names.word(a)[1]};`];
    case "u32Add":
      return Words.addWords(out, names.word(a), names.word(b));
    case "u32Xor":
      return Words.xorWords(out, names.word(a), names.word(b), mode);
    case "u32Rotate":
      return b.tag === "const"
        ? Words.rotateWord(out, names.word(a), b.value)
        : fail("gpu", "Unsupported", "rotation by a constant expected", "one known at run time");
    case "cast":
      if (dtype === "u32") return Words.wordFromNumber(out, names.of(a));
      return a.dtype === "u32"
        ? [`const ${out} = ${Words.numberFromWord(names.word(a))};`]
        : convertTo(dtype)(out, [names.of(a)], mode);
    case "where":
      if (dtype !== "u32") return formulas.where(out, args.map(names.of), mode);
      return names
        .word(expr)
        .flatMap((name, i) =>
          formulas.where(name, [names.of(a), names.word(b)[i], names.word(c)[i]] as string[], mode),
        );
    default:
      return formulas[op](out, args.map(names.of), mode);
  }
};
