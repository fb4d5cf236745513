// Pullback's public surface.

export * from "./core/autodiff.ts";
export * from "./core/device/select.ts";
export * from "./core/errors.ts";
export * from "./core/run/compile.ts";
export * from "./core/run/evaluate.ts";
export * from "./core/tensor.ts";
export * from "./core/tree.ts";
export * from "./ops/index.ts";
