// The ops whose types are tested, from one place.

export * from "../../src/ops/index.ts";
