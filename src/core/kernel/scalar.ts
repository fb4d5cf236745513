// The table of scalar operations: the whole vocabulary that a code generator has to know, with what each costs.
// Costs are rough counts of multiply-adds, used to decide between computing a value again and storing it.

/** dtypes inside a kernel. u32 exists only there, for random bits: it is never stored. */
export type ScalarDtype = "f32" | "f64" | "i32" | "bool" | "u32";

interface ScalarRow {
  readonly arity: number;
  readonly cost: number;
  /** dtype of the result: that of an argument (by position), or a fixed one. */
  readonly result: number | ScalarDtype;
}

const row = (arity: number, cost: number, result: ScalarRow["result"] = 0): ScalarRow => ({
  arity,
  cost,
  result,
});

/** Every scalar operation. `div`, `pow` and the functions from `exp` to `erf` are for floats; `idiv` and `mod` round towards −∞. */
export const scalarOps = {
  add: row(2, 1),
  sub: row(2, 1),
  mul: row(2, 1),
  div: row(2, 3),
  idiv: row(2, 4),
  mod: row(2, 4),
  pow: row(2, 20),
  /** NaN when either is NaN, as PyTorch's maximum. */
  max: row(2, 1),
  min: row(2, 1),
  neg: row(1, 1),
  abs: row(1, 1),
  sign: row(1, 2),
  floor: row(1, 1),
  ceil: row(1, 1),
  /** Half to even. */
  round: row(1, 2),
  exp: row(1, 10),
  log: row(1, 10),
  expm1: row(1, 12),
  log1p: row(1, 12),
  sqrt: row(1, 4),
  rsqrt: row(1, 6),
  sin: row(1, 12),
  cos: row(1, 12),
  tanh: row(1, 14),
  sigmoid: row(1, 12),
  erf: row(1, 16),
  lt: row(2, 1, "bool"),
  le: row(2, 1, "bool"),
  eq: row(2, 1, "bool"),
  ne: row(2, 1, "bool"),
  and: row(2, 1, "bool"),
  or: row(2, 1, "bool"),
  xor: row(2, 1, "bool"),
  not: row(1, 1, "bool"),
  isNaN: row(1, 1, "bool"),
  isFinite: row(1, 1, "bool"),
  /** where(condition, a, b): only the chosen side may be evaluated, so it guards loads. */
  where: row(3, 1, 1),
  /** A conversion; the target dtype is the dtype of the call. Floats to i32 truncate towards zero. */
  cast: row(1, 1, 0),
  /** The nearest number that f32, f16 or bf16 can hold. Where arithmetic is in f32, roundF32 does nothing. */
  roundF32: row(1, 0),
  roundF16: row(1, 4),
  roundBf16: row(1, 4),
  /** checkIndex(i, size) is i; where a device can, it fails unless 0 ≤ i < size. */
  checkIndex: row(2, 1),
  /** u32 from two 16-bit halves held as i32, and back; the sum modulo 2³², exclusive or, rotation to the left by a constant. */
  u32: row(2, 2, "u32"),
  u32High: row(1, 1, "i32"),
  u32Low: row(1, 1, "i32"),
  u32Add: row(2, 1),
  u32Xor: row(2, 1),
  u32Rotate: row(2, 1),
} as const satisfies Record<string, ScalarRow>;

/** The name of a scalar operation. */
export type ScalarOp = keyof typeof scalarOps;

/** How a reduction combines, and from which value it starts. Maxima and minima pass NaN on. */
export type ReduceOp = "sum" | "prod" | "max" | "min";

/** The value that a reduction starts from. */
export const reduceInitial: Readonly<Record<ReduceOp, number>> = {
  sum: 0,
  prod: 1,
  max: Number.NEGATIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
};
