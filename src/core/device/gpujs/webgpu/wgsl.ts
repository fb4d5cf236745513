// Expressions as WGSL, for the entry points that are ours. Indices are native integers here, booleans are booleans; functions of floats
// are those that gpu.js translated for the same kernel (functions.ts), under the names that it gave them.

import { type Block, type Statement, scheduleExprs } from "../../../kernel/block.ts";
import type { Axis, Call, Expr, Load } from "../../../kernel/expr.ts";
import { exprsOf, type Kernel, withExprsBeside } from "../../../kernel/kernel.ts";
import { rewriter } from "../../../kernel/rewrite.ts";
import type { ReduceOp, ScalarDtype, ScalarOp } from "../../../kernel/scalar.ts";
import { hasOffset } from "../generate.ts";

/** The names of expressions: constants as they are, everything else by its number. */
export const nameOf = (expr: Expr): string => {
  if (isAlias(expr)) return nameOf(expr.args[0] as Expr);
  if (expr.tag === "const") return literal(expr.value, expr.dtype);
  return expr.tag === "axis" ? `i${expr.id}` : `t${expr.id}`;
};

/** Rounding to f32, which is what all is computed in. */
const isAlias = (expr: Expr): expr is Call => expr.tag === "call" && expr.op === "roundF32";

/** A constant. */
export const literal = (value: number, dtype: ScalarDtype): string => {
  if (dtype === "bool") return value > 0 ? "true" : "false"; // −∞, with which `any` begins, is false
  if (dtype === "i32") {
    // The extremes of whole numbers, where floats have infinities.
    if (!Number.isFinite(value)) return value > 0 ? "2147483647" : "i32(-2147483648)";
    return value < 0 ? `(${value})` : String(value);
  }
  if (Number.isNaN(value)) return "params.user_nan";
  if (!Number.isFinite(value)) return value > 0 ? "params.user_inf" : "(-params.user_inf)";
  if (Math.abs(value) < 2 ** -126) return "0.0"; // lost in any operation on it
  const text = String(Math.abs(Math.fround(value)));
  const float = /[.e]/.test(text) ? text : `${text}.0`;
  return value < 0 ? `(-${float})` : float;
};

/** The type of values of a dtype. */
export const typeOf = (dtype: ScalarDtype): string =>
  dtype === "f32" ? "f32" : dtype === "i32" ? "i32" : "bool";

type Print = (args: readonly string[], call: Call) => string;
const infix =
  (symbol: string): Print =>
  ([a, b]) =>
    `${a} ${symbol} ${b}`;
const fn =
  (name: string, ...constants: readonly string[]): Print =>
  (args) =>
    `${name}(${[...args, ...constants].join(", ")})`;
const inf = "params.user_inf";
const nan = "params.user_nan";

/** Division towards −∞. */
const floorDivision = `fn floorDivideWhole(a : i32, d : i32) -> i32 {
  let q = a / d;
  let r = a - q * d;
  return select(q, q - 1, r != 0 && ((r < 0) != (d < 0)));
}`;

/** Of floats; the functions fn_… are gpu.js's translations of functions.ts. */
const ofFloats: Partial<Record<ScalarOp, Print>> = {
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  pow: ([x, y], { args }) => {
    const exponent = args[1] as Expr;
    const n = exponent.tag === "const" ? exponent.value : Number.NaN;
    return Number.isInteger(n) && n >= 1 && n <= 8
      ? new Array<string>(n).fill(x as string).join(" * ")
      : `fn_power(${x}, ${y}, ${inf}, ${nan})`;
  },
  max: fn("fn_larger"),
  min: fn("fn_smaller"),
  neg: ([x]) => `-${x}`,
  abs: fn("abs"),
  sign: ([x]) => `select(select(${x}, -1.0, ${x} < 0.0), 1.0, ${x} > 0.0)`,
  floor: fn("floor"),
  ceil: fn("ceil"),
  round: fn("round"),
  exp: fn("fn_exponential", inf),
  log: fn("fn_logarithm", inf, nan),
  expm1: fn("fn_exponentialMinusOne", inf),
  log1p: fn("fn_logOnePlus", inf, nan),
  sqrt: fn("sqrt"),
  rsqrt: ([x]) => `1.0 / sqrt(${x})`,
  sin: fn("fn_sineFrom", "0.0", nan),
  cos: fn("fn_sineFrom", "1.0", nan),
  tanh: fn("fn_hyperbolicTangent", inf),
  sigmoid: fn("fn_logistic", inf),
  erf: fn("fn_errorFunction"),
  lt: infix("<"),
  le: infix("<="),
  eq: infix("=="),
  ne: ([a, b]) => `!(${a} == ${b})`,
  isNaN: ([x]) => `fn_isNotNumber(${x}) > 0.5`,
};

/** Of whole numbers and booleans. */
const ofOthers: Partial<Record<ScalarOp, Print>> = {
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  idiv: fn("floorDivideWhole"),
  mod: ([a, d]) => `${a} - floorDivideWhole(${a}, ${d}) * ${d}`,
  max: fn("max"),
  min: fn("min"),
  neg: ([x]) => `-${x}`,
  abs: fn("abs"),
  lt: infix("<"),
  le: infix("<="),
  eq: infix("=="),
  ne: infix("!="),
  and: infix("&&"),
  or: infix("||"),
  xor: infix("!="),
  not: ([x]) => `!${x}`,
};

const casts: Partial<Record<`${ScalarDtype} to ${ScalarDtype}`, (x: string) => string>> = {
  "i32 to f32": (x) => `f32(${x})`,
  "bool to f32": (x) => `select(0.0, 1.0, ${x})`,
  "bool to i32": (x) => `select(0, 1, ${x})`,
  "f32 to bool": (x) => `${x} != 0.0`,
  "i32 to bool": (x) => `${x} != 0`,
};

const printerOf = (call: Call): Print | undefined => {
  const { op, args, dtype } = call;
  const [first] = args as [Expr];
  if (op === "where") return ([condition, a, b]) => `select(${b}, ${a}, ${condition})`;
  if (op === "cast") {
    const convert = casts[`${first.dtype} to ${dtype}`];
    return first.dtype === dtype
      ? ([x]) => x as string
      : convert && (([x]) => convert(x as string));
  }
  return (first.dtype === "f32" ? ofFloats : ofOthers)[op];
};

/** Whether a kernel can be printed here. What cannot be is left to gpu.js: checks of indices, random bits, narrow types. */
export const canPrint = (kernel: Kernel): boolean =>
  ["f32", "i32", "bool"].includes(kernel.output.dtype) && exprsOf(kernel).every(canPrintExpr);

const canPrintExpr = (expr: Expr): boolean => {
  if (expr.dtype !== "f32" && expr.dtype !== "i32" && expr.dtype !== "bool") return false;
  return expr.tag !== "call" || isAlias(expr) || printerOf(expr) !== undefined;
};

/** An element of an input as what it stands for: arrays of gpu.js hold floats. */
const loadOf = ({ slot, index, dtype }: Load, kernel: Kernel): string => {
  const offset = hasOffset(kernel, slot) ? ` + i32(params.user_o${slot})` : "";
  const element = `user_b${slot}[${nameOf(index)}${offset}]`;
  return dtype === "f32" ? element : dtype === "i32" ? `i32(${element})` : `${element} != 0.0`;
};

const valueOf = (expr: Expr, kernel: Kernel): string => {
  switch (expr.tag) {
    case "affine": {
      const terms = expr.terms.map(({ atom, stride }) =>
        stride === 1 ? nameOf(atom) : `${literal(stride, "i32")} * ${nameOf(atom)}`,
      );
      return [...terms, ...(expr.base === 0 ? [] : [literal(expr.base, "i32")])].join(" + ");
    }
    case "load":
      return loadOf(expr, kernel);
    case "call":
      return (printerOf(expr) as Print)(expr.args.map(nameOf), expr); // canPrint was asked
    default:
      return nameOf(expr);
  }
};

/** How two values are reduced to one. */
export const combine = (op: ReduceOp, a: string, b: string, dtype: ScalarDtype): string => {
  if (op === "sum" || op === "prod") return `${a} ${op === "sum" ? "+" : "*"} ${b}`;
  const name = dtype !== "f32" ? op : op === "max" ? "fn_larger" : "fn_smaller";
  return `${name}(${a}, ${b})`;
};

const printStatement = (statement: Statement, kernel: Kernel): readonly string[] => {
  switch (statement._tag) {
    case "Let":
      return isAlias(statement.expr)
        ? []
        : [`let ${nameOf(statement.expr)} = ${valueOf(statement.expr, kernel)};`];
    case "If": {
      const { expr, then, otherwise } = statement;
      const branch = ({ statements, result }: Block): string =>
        `{\n${[...print(statements, kernel), `${nameOf(expr)} = ${nameOf(result)};`].join("\n")}\n}`;
      return [
        `var ${nameOf(expr)} : ${typeOf(expr.dtype)};`,
        `if (${nameOf(expr.args[0] as Expr)}) ${branch(then)} else ${branch(otherwise)}`,
      ];
    }
    case "Loop":
      throw new Error("entry points of ours print the loops themselves"); // none is scheduled
  }
};

const print = (statements: readonly Statement[], kernel: Kernel): readonly string[] =>
  statements.flatMap((statement) => printStatement(statement, kernel));

/** Lines that compute expressions which contain no reduction. */
export const printExprs = (roots: readonly Expr[], kernel: Kernel): readonly string[] =>
  print(scheduleExprs(roots), kernel);

/** Lines that set loop variables from the number of a point, row-major. */
export const printPoint = (
  axes: readonly { readonly id: number; readonly size: number }[],
  point: string,
): readonly string[] => {
  const lines: string[] = [];
  let rest = point;
  axes.toReversed().forEach(({ id, size }, i) => {
    const isOutermost = i === axes.length - 1;
    lines.push(`let i${id} = ${isOutermost ? rest : `${rest} % ${size}`};`);
    if (isOutermost) return;
    lines.push(`let ${point}${i} = ${rest} / ${size};`);
    rest = `${point}${i}`;
  });
  return lines;
};

/** A value with a name of its own, in place of an expression that was computed before. */
const standIn = ({ dtype }: Expr): Axis => ({
  tag: "axis", // scheduled nowhere, since loop variables are there already
  id: 1_000_000,
  dtype: dtype as "i32", // of any dtype: only its name is printed
  size: 2, // of one value it would be dropped from indices
});

/** Lines that finish an element of the output once its reduction is `total`, and store it. */
export const printAfter = (kernel: Kernel, reduction: Expr, total: string): readonly string[] =>
  withExprsBeside(kernel, () => {
    const given = standIn(reduction);
    const rewrite = rewriter((expr) => (expr === reduction ? given : undefined));
    const [target, body] = [rewrite(kernel.target), rewrite(kernel.body)];
    const value = nameOf(body);
    const stored =
      body.dtype === "f32"
        ? value
        : body.dtype === "i32"
          ? `f32(${value})`
          : `select(0.0, 1.0, ${value})`;
    return [
      `let ${nameOf(given)} = ${total};`,
      ...printExprs([target, body], kernel),
      `result[${nameOf(target)}] = ${stored};`,
    ];
  });

/** What entry points of ours have in front of them. */
export const prelude = floorDivision;
