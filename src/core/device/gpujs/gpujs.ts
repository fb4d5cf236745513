// The device `gpu`: plans through gpu.js, in one of its modes. It needs nothing but JavaScript, so it is the portable last resort; the
// modes that reach a graphics card are added to the table in modes.ts.
//
// In its modes webasm and cpu gpu.js answers a kernel call at once, so results are there when the call returns and nothing has to be
// awaited. That is why plans run kernel by kernel and not through `createPipeline`, which answers with promises only, and gains little
// where kernels do the work. Processor time of a call in mode webasm (gpu.js 2.24.1, Node 20, two shared cores), kernel by kernel and
// as one pipeline (`fused-sync`):
//
//   MLP step 32-64-64-1, batch 32           13 kernel runs      1.7 ms    1.7 ms
//   T-GCN step, 20 nodes, 12 time steps    243 kernel runs       23 ms     21 ms
//   GRU and gradient, 12 steps of 8 × 16   216 kernel runs      2.4 ms    1.2 ms
//   GRU and gradient, 200 steps           3600 kernel runs       35 ms     26 ms; its first call takes 2.5 times as long
//
// A pipeline compiles a module for each place that a kernel's buffers have, so long plans wait for it; in mode cpu it is twice as slow.
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
