// Mixed precision: which dtypes parameters, computation and results have, and scaling of the loss
// so that small gradients survive in f16.

export * from "./precision/lossScale.ts";
export * from "./precision/policy.ts";
