// The ops, by name. What is listed here is public.

export {
  abs,
  add,
  cast,
  ceil,
  div,
  equal,
  floor,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  notEqual,
  round,
  sign,
  stopGradient,
  sub,
  where,
} from "./arithmetic.ts";
export { expand, type ReduceOptions, reshape, sum } from "./broadcast.ts";
export * from "./contract.ts";
export * from "./convolve.ts";
export {
  type ArangeOptions,
  arange,
  eye,
  full,
  iota,
  linspace,
  type Nested,
  ones,
  onesLike,
  scalar,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from "./create.ts";
export {
  cos,
  erf,
  exp,
  expm1,
  log,
  log1p,
  pow,
  reciprocal,
  rsqrt,
  sigmoid,
  sin,
  sqrt,
  square,
  tanh,
} from "./functions.ts";
export {
  oneHot,
  scatterAdd,
  scatterAddAlongAxis,
  take,
  takeAlongAxis,
} from "./gather.ts";
export * from "./piecewise.ts";
export * from "./pool.ts";
export * from "./random.ts";
export * from "./reduce.ts";
export * from "./resize.ts";
export * from "./segment.ts";
export { pad, type SliceOptions, slice } from "./slice.ts";
export * from "./softmax.ts";
export * from "./sort.ts";
export * from "./sparse.ts";
export {
  concat,
  expandDims,
  flip,
  permute,
  type SplitOptions,
  split,
  squeeze,
  stack,
  tile,
  transpose,
} from "./structural.ts";
export * from "./transforms.ts";
