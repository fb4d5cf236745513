// Pullback's public surface: tensors, transforms, devices and all ops, by name.

export {
  type Argnums,
  type GradientOf,
  type GradOptions,
  type GradResult,
  grad,
  jvp,
  type TreeFunction,
  valueAndGrad,
  vjp,
} from "./core/autodiff.ts";
export type { Plan } from "./core/compile/plan.ts";
export { checkpoint, customVjp } from "./core/custom.ts";
export {
  type Adapter,
  type Capabilities,
  type Device,
  type DeviceInfo,
  type DeviceStats,
  type Executable,
  type OpenOptions,
  printDevice,
} from "./core/device/device.ts";
export {
  availableDevices,
  type DeviceName,
  deviceInfo,
  deviceNames,
  deviceStats,
  openDevice,
  setDefaultDevice,
  useDevice,
} from "./core/device/select.ts";
export { isStrict, setStrict } from "./core/device/strict.ts";
export type { ComputeDtype, Dtype, StorageDtype, TypedArray } from "./core/dtype.ts";
export { type Problem, type ProblemTag, printProblem, TensorError } from "./core/errors.ts";
export {
  assertGradients,
  checkGradients,
  type GradientCheckOptions,
  type GradientDifference,
  type GradientReport,
} from "./core/run/checkGradients.ts";
export {
  type Compiled,
  type CompileEvent,
  type CompileOptions,
  compile,
} from "./core/run/compile.ts";
export { type DebugOptions, debugNaN } from "./core/run/debugNaN.ts";
export {
  type EvaluateOptions,
  evaluate,
  item,
  type NestedArray,
  ready,
  snapshot,
  toArray,
  values,
} from "./core/run/evaluate.ts";
export type { Shape } from "./core/shape.ts";
export { isTensor, noGradient, type Primitive, type Tensor } from "./core/tensor.ts";
export { leavesOf, mapTree, type Tree, zipTrees } from "./core/tree.ts";
export { type Dim, dim } from "./core/types/dim.ts";
export * from "./ops/index.ts";
