// The call signatures that ops are exported with, by family. An ops file writes
// `export const add: BinaryOp<"add"> & HasPrimitive = binary("add", …)`.

export type * from "./signatures/contract.ts";
export type * from "./signatures/create.ts";
export type * from "./signatures/elementwise.ts";
export type * from "./signatures/gather.ts";
export type * from "./signatures/image.ts";
export type * from "./signatures/random.ts";
export type * from "./signatures/reduce.ts";
export type * from "./signatures/shared.ts";
export type * from "./signatures/structure.ts";
