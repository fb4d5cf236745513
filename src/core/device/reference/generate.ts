// Kernels as JavaScript: the plainest code that says what a kernel means, in double precision. It is the meaning that every other
// device is judged by, so nothing here is clever; V8 makes it fast enough to train small models.

import { decodeBf16, decodeF16, decodeI4, encode, encodeI4, type TypedArray } from "../../dtype.ts";
import { fail } from "../../errors.ts";
import { type Block, type Statement, scheduleExprs } from "../../kernel/block.ts";
import type { Call, Expr } from "../../kernel/expr.ts";
import { meanings } from "../../kernel/fold.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { type ReduceOp, reduceInitial, type ScalarOp } from "../../kernel/scalar.ts";

/** A kernel that can be run: output buffer first, then inputs in the order of the slots. */
export type RunKernel = (output: TypedArray, ...inputs: TypedArray[]) => void;

const number = (value: number): string =>
  Number.isNaN(value)
    ? "NaN"
    : value === Number.POSITIVE_INFINITY
      ? "Infinity"
      : value === Number.NEGATIVE_INFINITY
        ? "-Infinity"
        : Object.is(value, -0)
          ? "-0"
          : String(value);

/** The text of an operand: constants and loop variables as they are, everything else by the name of its statement. */
const name = (expr: Expr): string =>
  expr.tag === "const"
    ? `(${number(expr.value)})`
    : expr.tag === "axis"
      ? `i${expr.id}`
      : `t${expr.id}`;

type Operator = (...operands: string[]) => string;
const infix =
  (operator: string): Operator =>
  (a, b) =>
    `${a} ${operator} ${b}`;
const flag =
  (operator: string): Operator =>
  (a, b) =>
    `(${a} ${operator} ${b}) ? 1 : 0`;
const math =
  (fn: string): Operator =>
  (...operands) =>
    `Math.${fn}(${operands.join(", ")})`;
/** Functions that JavaScript lacks come from the table of meanings. */
const shared =
  (op: string): Operator =>
  (...operands) =>
    `meanings.${op}(${operands.join(", ")})`;

const operators = {
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  idiv: (a, b) => `Math.floor(${a} / ${b})`,
  mod: (a, b) => `${a} - Math.floor(${a} / ${b}) * ${b}`,
  pow: infix("**"),
  max: math("max"),
  min: math("min"),
  neg: (a) => `-${a}`,
  abs: math("abs"),
  sign: math("sign"),
  floor: math("floor"),
  ceil: math("ceil"),
  round: shared("round"),
  exp: math("exp"),
  log: math("log"),
  expm1: math("expm1"),
  log1p: math("log1p"),
  sqrt: math("sqrt"),
  rsqrt: (a) => `1 / Math.sqrt(${a})`,
  sin: math("sin"),
  cos: math("cos"),
  tanh: math("tanh"),
  sigmoid: (a) => `1 / (1 + Math.exp(-${a}))`,
  erf: shared("erf"),
  lt: flag("<"),
  le: flag("<="),
  eq: flag("==="),
  ne: flag("!=="),
  and: infix("&"),
  or: infix("|"),
  xor: infix("^"),
  not: (a) => `1 - ${a}`,
  isNaN: (a) => `(${a} !== ${a}) ? 1 : 0`,
  isFinite: (a) => `(${a} - ${a} === 0) ? 1 : 0`,
  where: (condition, a, b) => `(${condition} !== 0) ? ${a} : ${b}`,
  checkIndex: (i, size) => `(${i} >= 0 && ${i} < ${size}) ? ${i} : outOfRange(${i}, ${size})`,
  roundF32: math("fround"),
  roundF16: shared("roundF16"),
  roundBf16: shared("roundBf16"),
  u32: (high, low) => `((${high} << 16) | ${low}) >>> 0`,
  u32High: (a) => `${a} >>> 16`,
  u32Low: (a) => `${a} & 65535`,
  u32Add: (a, b) => `(${a} + ${b}) >>> 0`,
  u32Xor: (a, b) => `(${a} ^ ${b}) >>> 0`,
  u32Rotate: (a, b) => `((${a} << ${b}) | (${a} >>> (32 - ${b}))) >>> 0`,
} satisfies Record<Exclude<ScalarOp, "cast">, Operator>;

const cast = ({ args: [x], dtype }: Call): string => {
  const operand = name(x as Expr);
  switch (dtype) {
    case "bool":
      return `(${operand} !== 0) ? 1 : 0`;
    case "i32":
      return `toI32(${operand})`;
    case "f32":
      return (x as Expr).dtype === "f64" ? `Math.fround(${operand})` : operand;
    default:
      return operand;
  }
};

const value = (expr: Expr, kernel: Kernel): string => {
  switch (expr.tag) {
    case "affine":
      return [
        ...expr.terms.map(({ atom, stride }) =>
          stride === 1 ? name(atom) : `${stride} * ${name(atom)}`,
        ),
        ...(expr.base === 0 ? [] : [String(expr.base)]),
      ].join(" + ");
    case "load": {
      const { dtype } = kernel.inputs[expr.slot] as { dtype: string };
      if (dtype === "i4") return `decodeI4(b${expr.slot}, ${name(expr.index)})`;
      const element = `b${expr.slot}[${name(expr.index)}]`;
      return dtype === "f16"
        ? `decodeF16(${element})`
        : dtype === "bf16"
          ? `decodeBf16(${element})`
          : element;
    }
    case "call":
      return expr.op === "cast"
        ? cast(expr)
        : (operators[expr.op] as Operator)(...expr.args.map(name));
    default:
      return name(expr);
  }
};

const combine = (op: ReduceOp, a: string, b: string): string =>
  op === "sum" ? `${a} + ${b}` : op === "prod" ? `${a} * ${b}` : `Math.${op}(${a}, ${b})`;

const printBlock = (statements: readonly Statement[], kernel: Kernel): string =>
  statements.map((statement) => printStatement(statement, kernel)).join("\n");

const branch = ({ statements, result }: Block, target: Expr, kernel: Kernel): string =>
  `{ ${printBlock(statements, kernel)} ${name(target)} = ${name(result)}; }`;

const printStatement = (statement: Statement, kernel: Kernel): string => {
  switch (statement._tag) {
    case "Let":
      return `const ${name(statement.expr)} = ${value(statement.expr, kernel)};`;
    case "If": {
      const condition = name(statement.expr.args[0] as Expr);
      return `let ${name(statement.expr)}; if (${condition} !== 0) ${branch(statement.then, statement.expr, kernel)} else ${branch(statement.otherwise, statement.expr, kernel)}`;
    }
    case "Loop": {
      const { expr, body } = statement;
      const [i, total] = [name(expr.axis), name(expr)];
      const from = expr.from === undefined ? "0" : name(expr.from);
      const to = expr.to === undefined ? String(expr.axis.size) : name(expr.to);
      return `let ${total} = ${number(reduceInitial[expr.op])}; for (let ${i} = ${from}; ${i} < ${to}; ${i}++) { ${printBlock(body.statements, kernel)} ${total} = ${combine(expr.op, total, name(body.result))}; }`;
    }
  }
};

const store = ({ output: { dtype }, scatter, target }: Kernel, result: string): string => {
  const cell = `out[${name(target)}]`;
  if (dtype === "i4") return `encodeI4(out, ${name(target)}, ${result});`;
  if (scatter !== undefined) return `${cell} = ${combine(scatter.combine, cell, result)};`;
  return `${cell} = ${dtype === "f16" || dtype === "bf16" ? `encode("${dtype}", ${result})` : result};`;
};

/** JavaScript source of the body of a function of `out` and `b0`, `b1`, …. */
export const printKernel = (kernel: Kernel): string => {
  const inner = `${printBlock(scheduleExprs([kernel.target, kernel.body]), kernel)}\n${store(kernel, name(kernel.body))}`;
  const loops = kernel.axes.reduceRight(
    (body, axis) =>
      `for (let ${name(axis)} = 0; ${name(axis)} < ${axis.size}; ${name(axis)}++) {\n${body}\n}`,
    inner,
  );
  return kernel.scatter === undefined
    ? loops
    : `out.fill(${number(kernel.scatter.initial)});\n${loops}`;
};

/** A float as i32: truncated towards zero, at the bounds where it is beyond them, and 0 for NaN. */
const toI32 = (x: number): number =>
  Number.isNaN(x) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x)));

/** Compiles a kernel. */
export const compileKernel = (kernel: Kernel): RunKernel => {
  const outOfRange = (i: number, size: number): never =>
    fail(
      kernel.indexedBy ?? kernel.label,
      "IndexOutOfRange",
      `an index in 0…${size - 1} expected`,
      String(i),
    );
  const parameters = ["out", ...kernel.inputs.map((_, slot) => `b${slot}`)];
  const make = new Function(
    "meanings",
    "decodeF16",
    "decodeBf16",
    "encode",
    "decodeI4",
    "encodeI4",
    "outOfRange",
    "toI32",
    `"use strict"; return function (${parameters.join(", ")}) {\n${printKernel(kernel)}\n};`,
  );
  return make(
    meanings,
    decodeF16,
    decodeBf16,
    encode,
    decodeI4,
    encodeI4,
    outOfRange,
    toI32,
  ) as RunKernel; // the function just printed
};
