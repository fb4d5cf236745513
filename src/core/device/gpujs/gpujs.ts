// The device `gpu`: plans through gpu.js, in one of its modes. It needs nothing but JavaScript, so it is the portable last resort; the
// modes that reach a graphics card are added to the table in modes.ts.
//
// In its modes webasm and cpu gpu.js answers a kernel call at once, so results are there when the call returns and nothing has to be
// awaited. That is why plans run kernel by kernel and not through `createPipeline`, which answers with promises only. A pipeline is
// faster for programs of many tiny kernels, such as a recurrence (up to twice, when tried), and no faster where kernels do the work;
// but it compiles a module for each place that a kernel's buffers have, so long plans wait for it, and in mode cpu it was slower.
// Where a call costs a submission to a graphics card the balance is another one.

import type { Capabilities, Device } from "../device.ts";
import { prepare } from "./execute.ts";
import { makeKernelStore } from "./kernels.ts";
import { gpuJsVersion } from "./load.ts";
import { type Mode, type ModeName, modes } from "./modes.ts";

const capabilitiesOf = ({ maxInputs }: Mode): Capabilities => ({
  dtypes: ["f32", "i32", "bool", "f16", "bf16", "i8", "u8"],
  canScatter: false,
  maxInputs,
  // Indices are floats.
  maxElements: 2 ** 24,
  isAsync: false,
});

/** The device that runs plans in one mode of gpu.js. */
export const gpuJsDevice = (mode: ModeName): Device => {
  const name = `gpu:${mode}`;
  const store = makeKernelStore(modes[mode]);
  return {
    name,
    capabilities: capabilitiesOf(modes[mode]),
    info: () => {
      const { built, executors, fallback } = store.report;
      const ran =
        built === 0 ? "nothing has run yet" : `${built} kernels in ${[...executors].join(", ")}`;
      return {
        device: name,
        mode,
        details: `gpu.js ${gpuJsVersion()}, ${ran}`,
        ...(fallback === undefined ? {} : { fallback }),
      };
    },
    missing: modes[mode].missing,
    prepare: (plan) => prepare(plan, name, store),
  };
};
