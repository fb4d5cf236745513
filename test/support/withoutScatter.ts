// A device that cannot scatter: the reference with that ability taken away, to hold fallbacks to the scatters that they stand in for.

import * as assert from "uvu/assert";
import { prepareGraph } from "../../src/core/compile/program.ts";
import type { Device } from "../../src/core/device/device.ts";
import { referenceDevice } from "../../src/core/device/reference/reference.ts";
import { hostValues } from "../../src/core/device/transfer.ts";
import type { TypedArray } from "../../src/core/dtype.ts";
import { type Storage, storageOf, type Tensor } from "../../src/core/tensor.ts";

const pullingDevice: Device = {
  ...referenceDevice,
  name: "pulling",
  capabilities: { ...referenceDevice.capabilities, canScatter: false },
};

/** The values of tensors that were not computed yet, by kernels of which none scatters. */
export const valuesWithoutScatter = (...tensors: readonly Tensor[]): TypedArray[] => {
  assert.ok(
    tensors.every((x) => storageOf(x) === undefined),
    "tensors that were not computed yet",
  );
  const { plan, leaves, executable } = prepareGraph(tensors, pullingDevice);
  assert.ok(plan.steps.every(({ kernel }) => kernel.scatter === undefined));
  return executable
    .run(leaves.map((leaf) => storageOf(leaf) as Storage)) // leaves have values
    .map(hostValues);
};
