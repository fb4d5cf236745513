// Rows for arithmetic, comparison, logic, selection and functions of one number.

import fc from "fast-check";
import * as P from "../../../src/index.ts";
import {
  anywhere,
  approximate,
  betweenJumps,
  binarySpec,
  type Call,
  type Domain,
  exact,
  float,
  input,
  integers,
  nonZero,
  numbers,
  positive,
  rounded,
  type Spec,
  shapePairs,
  shapes,
  show,
  type Tolerance,
  truth,
  unarySpec,
} from "../spec.ts";

const both = ["float", "i32"] as const;
const small: readonly [Domain, Domain] = [integers(-4, 4), integers(-4, 4)];
/** Even and odd multiples of 1/8: the operands never tie, so a small step leaves their order as it is. */
const untied = [numbers(-2, 2, 1 / 4), numbers(-2, 2, 1 / 4, 1 / 8)] as const;

const { add, sub, mul, div, mod, pow } = P;

const comparison = (name: string, op: (x: P.Tensor, y: P.Tensor) => P.Tensor): Spec =>
  binarySpec(name, op, untied, exact, small);

const logic = (name: string, op: (x: P.Tensor, y: P.Tensor) => P.Tensor): Spec => ({
  tolerance: exact,
  calls: shapePairs.map(([a, b]) => ({
    code: `${name}(x, y)`,
    apply: op,
    inputs: [input(a, truth, "bool"), input(b, truth, "bool")],
  })),
});

/** A function of one float. */
const smooth = (name: string, op: (x: P.Tensor) => P.Tensor, domain: Domain = anywhere): Spec =>
  unarySpec(name, op, domain, approximate);

/** A function of one float, with options, whose pieces meet near 0. */
const optional = <O>(
  name: string,
  op: (options: O) => (x: P.Tensor) => P.Tensor,
  options: readonly O[],
  tolerance: Tolerance,
): Spec => ({
  tolerance,
  calls: fc.tuple(shapes, fc.constantFrom(...options)).map(([shape, chosen]) => ({
    code: `${name}(${show(chosen)})(x)`,
    apply: op(chosen),
    inputs: [float(shape, nonZero)],
  })),
});

/** Operands whose whole quotient stays 0, −1, 2 and −1. */
const quotientDomains: readonly (readonly [Domain, Domain])[] = [
  [numbers(0.5, 1.5), numbers(2, 3)],
  [numbers(-1.5, -0.5), numbers(2, 3)],
  [numbers(7.5, 8.5), numbers(3, 3.5)],
  [numbers(0.5, 1.5), numbers(-3, -2)],
];

const quotients: fc.Arbitrary<Call> = fc
  .tuple(shapePairs, fc.constantFrom(...quotientDomains))
  .map(([[a, b], [left, right]]) => ({
    code: "mod(x, y)",
    apply: (x: P.Tensor, y: P.Tensor) => mod(x, y),
    inputs: [float(a, left), float(b, right)],
  }));

const powers: fc.Arbitrary<Call> = fc.oneof(
  shapePairs.map(([a, b]) => ({
    code: "pow(x, y)",
    apply: (x: P.Tensor, y: P.Tensor) => pow(x, y),
    inputs: [float(a, positive), float(b, anywhere)],
  })),
  fc
    .record({ shape: shapes, exponent: fc.constantFrom(-1, 0, 1, 2, 3, 4) })
    .map(({ shape, exponent }) => ({
      code: `pow(x, ${exponent})`,
      apply: (x: P.Tensor) => pow(x, exponent),
      inputs: [float(shape, nonZero)],
    })),
  shapes.map((shape) => ({
    code: "pow(x, 0.5)",
    apply: (x: P.Tensor) => pow(x, 0.5),
    inputs: [float(shape, positive)],
  })),
);

const casts: fc.Arbitrary<Call> = shapes.chain((shape) =>
  fc.constantFrom<Call[]>(
    {
      code: 'cast("f64")(x)',
      apply: P.cast("f64"),
      inputs: [input(shape, anywhere, "f32")],
    },
    {
      code: 'cast("i32")(x)',
      apply: P.cast("i32"),
      inputs: [float(shape, betweenJumps)],
    },
    { code: 'cast("bool")(x)', apply: P.cast("bool"), inputs: [float(shape, nonZero)] },
    {
      code: 'cast("f32")(x)',
      apply: P.cast("f32"),
      inputs: [input(shape, integers(-9, 9), "i32")],
    },
    { code: 'cast("f32")(x)', apply: P.cast("f32"), inputs: [input(shape, truth, "bool")] },
    {
      code: 'cast("f32")(cast("f16")(x))',
      apply: (x) => P.cast("f32")(P.cast("f16")(x)),
      inputs: [input(shape, anywhere, "f32")],
      isStaircase: true,
    },
    {
      code: 'cast("f32")(cast("bf16")(x))',
      apply: (x) => P.cast("f32")(P.cast("bf16")(x)),
      inputs: [input(shape, numbers(-2, 2, 1 / 4), "f32")],
      isStaircase: true,
    },
    {
      code: 'cast("i32")(cast("u8")(x))',
      apply: (x) => P.cast("i32")(P.cast("u8")(x)),
      inputs: [input(shape, integers(0, 255), "i32")],
    },
    {
      code: 'cast("i32")(cast("i4")(x))',
      apply: (x) => P.cast("i32")(P.cast("i4")(x)),
      inputs: [input(shape, integers(-12, 12), "i32")],
    },
  ),
);

const selections: fc.Arbitrary<Call> = shapePairs.chain(([a, b]) =>
  fc.constantFrom<Call[]>(
    {
      code: "where(x, y, z)",
      apply: (x, y, z) => P.where(x, y as P.Tensor, z as P.Tensor),
      inputs: [input(a, truth, "bool"), float(b), float(a)],
    },
    {
      code: "where(greater(x, y), x, 0.5)",
      apply: (x, y) => P.where(P.greater(x, y as P.Tensor), x, 0.5),
      inputs: [float(a, untied[0]), float(b, untied[1])],
    },
    {
      code: "where(x, y, 7)",
      apply: (x, y) => P.where(x, y as P.Tensor, 7),
      inputs: [input(a, truth, "bool"), input(b, integers(-3, 3), "i32")],
    },
  ),
);

export const elementwise = {
  neg: unarySpec("neg", P.neg, anywhere, exact, both),
  add: binarySpec("add", add, [anywhere, anywhere], rounded, small),
  sub: binarySpec("sub", sub, [anywhere, anywhere], rounded, small),
  mul: binarySpec("mul", mul, [anywhere, anywhere], rounded, small),
  div: binarySpec("div", div, [anywhere, nonZero], rounded),
  mod: { calls: quotients, tolerance: rounded },
  pow: { calls: powers, tolerance: approximate },
  maximum: binarySpec("maximum", P.maximum, untied, exact, small),
  minimum: binarySpec("minimum", P.minimum, untied, exact, small),
  abs: unarySpec("abs", P.abs, nonZero, exact, both),
  sign: unarySpec("sign", P.sign, nonZero, exact, both),
  floor: unarySpec("floor", P.floor, betweenJumps, exact),
  ceil: unarySpec("ceil", P.ceil, betweenJumps, exact),
  round: unarySpec("round", P.round, betweenJumps, exact),
  square: unarySpec("square", P.square, anywhere, rounded, both),
  reciprocal: unarySpec("reciprocal", P.reciprocal, nonZero, rounded),
  equal: comparison("equal", P.equal),
  notEqual: comparison("notEqual", P.notEqual),
  less: comparison("less", P.less),
  lessEqual: comparison("lessEqual", P.lessEqual),
  greater: comparison("greater", P.greater),
  greaterEqual: comparison("greaterEqual", P.greaterEqual),
  logicalAnd: logic("logicalAnd", P.logicalAnd),
  logicalOr: logic("logicalOr", P.logicalOr),
  logicalXor: logic("logicalXor", P.logicalXor),
  logicalNot: unarySpec("logicalNot", P.logicalNot, truth, exact, ["bool"]),
  isNaN: unarySpec("isNaN", P.isNaN, anywhere, exact),
  isFinite: unarySpec("isFinite", P.isFinite, anywhere, exact),
  cast: { calls: casts, tolerance: exact, step: 2 ** -8 },
  where: { calls: selections, tolerance: exact },
  stopGradient: {
    ...unarySpec("stopGradient", P.stopGradient, anywhere, exact),
    stopsGradient: "that is what it is for",
  },
  exp: smooth("exp", P.exp),
  expm1: smooth("expm1", P.expm1),
  log: smooth("log", P.log, positive),
  log1p: smooth("log1p", P.log1p, numbers(-0.5, 2)),
  sqrt: smooth("sqrt", P.sqrt, positive),
  rsqrt: smooth("rsqrt", P.rsqrt, positive),
  sin: smooth("sin", P.sin),
  cos: smooth("cos", P.cos),
  tanh: smooth("tanh", P.tanh),
  sigmoid: smooth("sigmoid", P.sigmoid),
  erf: smooth("erf", P.erf),
  relu: unarySpec("relu", P.relu, nonZero, exact, both),
  clamp: optional("clamp", P.clamp, [{ min: -0.1 }, { max: 0.1 }, { min: -0.1, max: 0.1 }], exact),
  gelu: smooth("gelu", P.gelu),
  geluTanh: smooth("geluTanh", P.geluTanh),
  silu: smooth("silu", P.silu),
  softplus: smooth("softplus", P.softplus),
  elu: optional("elu", P.elu, [{}, { alpha: 0.5 }, { alpha: 2 }], approximate),
  leakyRelu: optional("leakyRelu", P.leakyRelu, [{}, { slope: 0.25 }], rounded),
} satisfies Record<string, Spec>;
