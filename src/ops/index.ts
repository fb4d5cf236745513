// The ops, by name. What is listed here is public.

export * from "./arithmetic.ts";
export * from "./broadcast.ts";
export * from "./contract.ts";
export * from "./convolve.ts";
export * from "./create.ts";
export * from "./functions.ts";
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
export { narrow, pad, slice } from "./slice.ts";
export * from "./sort.ts";
export * from "./sparse.ts";
export * from "./structural.ts";
export * from "./transforms.ts";
