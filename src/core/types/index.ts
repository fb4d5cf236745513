// Compile-time shape checking: shapes as types, what ops make of them, and the sentences for mistakes.

export type * from "./arithmetic.ts";
export type * from "./axis.ts";
export type * from "./broadcast.ts";
export type * from "./check.ts";
export type * from "./contract.ts";
export {
  type CanEqual,
  type Dim,
  dim,
  type IsKnown,
  type JoinSizes,
  type Named,
} from "./dim.ts";
export type * from "./dtype.ts";
export type * from "./einsum.ts";
export type * from "./gather.ts";
export type * from "./image.ts";
export type * from "./join.ts";
export type * from "./nested.ts";
export type * from "./print.ts";
export type * from "./reduce.ts";
export type * from "./reshape.ts";
export type * from "./signatures.ts";
export type * from "./structure.ts";
