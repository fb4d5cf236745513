// Learning rates, and other settings, as functions of the number of updates so far: tensors in,
// tensors out, so that a compiled step needs no recompilation as they change.

export * from "./schedule/cosine.ts";
export * from "./schedule/decay.ts";
export * from "./schedule/join.ts";
export type { Schedule } from "./schedule/schedule.ts";
