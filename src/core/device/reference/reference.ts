// The device `reference`: runs kernels as generated JavaScript, in double precision, one after the other. Buffers have the
// tensor's own dtype, so f32 results are rounded when stored and f64 results are exact.

import type { Plan, PlanBuffer } from "../../compile/plan.ts";
import { allocate, dtypes, itemsFor, type TypedArray } from "../../dtype.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { RecentCache } from "../../recentCache.ts";
import type { Storage } from "../../tensor.ts";
import { type Capabilities, type Device, type Executable, noStats } from "../device.ts";
import { hostValues } from "../transfer.ts";
import { compileKernel, type RunKernel } from "./generate.ts";

const capabilities: Capabilities = {
  dtypes: ["f32", "f64", "i32", "bool", "f16", "bf16", "i8", "u8", "i4"],
  canScatter: true,
  writesOverDonated: true,
  maxInputs: 200,
  maxElements: 2 ** 31,
  threads: 1,
  maxLoop: 2 ** 53,
  sharesMemory: false,
  flushesDenormals: false,
  isAsync: false,
};

const compiled = new RecentCache<RunKernel>(8192);

/** Equal kernels are compiled once, except that those that check indices name the op which does. */
const cacheKey = ({ key, indexedBy }: Kernel): string =>
  indexedBy === undefined ? key : `${indexedBy} ${key}`;

/** Temporaries of whatever plan is running: plans run one at a time, so one arena of the largest size serves all. */
let arena = new ArrayBuffer(0);

const prepare = (plan: Plan): Executable => {
  const runners = plan.steps.map(({ kernel }) =>
    compiled.get(cacheKey(kernel), () => compileKernel(kernel)),
  );
  let views: { readonly of: ArrayBuffer; readonly arrays: (TypedArray | undefined)[] } | undefined;
  const temporary = ({ id, dtype, size, offset }: PlanBuffer): TypedArray => {
    if (arena.byteLength < plan.arenaBytes) arena = new ArrayBuffer(plan.arenaBytes);
    if (views?.of !== arena) views = { of: arena, arrays: [] };
    views.arrays[id] ??= new dtypes[dtype].array(arena, offset, itemsFor(dtype, size));
    return views.arrays[id];
  };
  return {
    run: (inputs) => {
      const given = new Map(plan.inputs.map((id, i) => [id, hostValues(inputs[i] as Storage)]));
      const arrays = plan.buffers.map((buffer) => {
        if (buffer.kind === "temporary") return temporary(buffer);
        const known = given.get(buffer.over ?? buffer.id);
        return known ?? allocate(buffer.dtype, buffer.size);
      });
      plan.steps.forEach((step, at) => {
        (runners[at] as RunKernel)(
          arrays[step.output] as TypedArray,
          ...step.inputs.map((id, slot) =>
            from(arrays[id] as TypedArray, step.offsets[slot] as number),
          ),
        );
      });
      // One storage for each buffer, so that tensors that share values know of each other.
      const storages = new Map(plan.inputs.map((id, i) => [id, inputs[i] as Storage]));
      for (const id of plan.outputs) {
        if (!storages.has(id)) storages.set(id, { host: arrays[id] as TypedArray });
      }
      return plan.outputs.map((id) => storages.get(id) as Storage);
    },
  };
};

const from = (array: TypedArray, offset: number): TypedArray =>
  offset === 0 ? array : array.subarray(offset);

/** The interpreter that every other device is judged by. */
export const referenceDevice: Device = {
  name: "reference",
  capabilities,
  info: () => ({
    device: "reference",
    mode: "javascript",
    executor: "kernel by kernel on the host",
    details: "generated JavaScript in double precision, one thread",
  }),
  stats: () => noStats,
  prepare,
};
