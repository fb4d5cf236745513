// The ops and layers whose types are tested, from one place.

export * as Linear from "../../src/nn/linear.ts";
export * from "../../src/ops/index.ts";
