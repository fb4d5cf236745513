// The modes of gpu.js that run on the processor, as devices. They need nothing but JavaScript, so they are the portable last resort.
//
// gpu.js answers a kernel call at once there, so results are there when the call returns and nothing has to be awaited. That is why plans
// run kernel by kernel and not through `createPipeline`, which answers with promises only. A pipeline is
// faster for programs of many tiny kernels, such as a recurrence (up to twice, when tried), and no faster where kernels do the work;
// but it compiles a module for each place that a kernel's buffers have, so long plans wait for it, and in mode cpu it was slower.

import { type Capabilities, type Device, noStats } from "../../device.ts";
import type { Mode } from "../modes.ts";
import { gpuJsUnloadable, gpuJsVersion } from "../package.ts";
import { packageMissing } from "../require.ts";
import { prepare } from "./execute.ts";
import { makeKernelStore } from "./kernels.ts";

const missing = ({ name }: Mode): string | undefined =>
  name === "webasm" && typeof WebAssembly !== "object"
    ? "this JavaScript engine has no WebAssembly"
    : packageMissing("gpu.js");

/** The device of a mode on the processor. */
export const hostDevice = (mode: Mode, capabilities: Capabilities): Device => {
  const name = `gpu:${mode.name}`;
  const store = makeKernelStore(mode);
  return {
    name,
    capabilities,
    info: () => {
      const { built, executors, fallback } = store.report;
      const ran =
        built === 0 ? "nothing has run yet" : `${built} kernels in ${[...executors].join(", ")}`;
      return {
        device: name,
        mode: mode.name,
        executor: "kernel by kernel on the host",
        details: `gpu.js ${gpuJsVersion()}, ${ran}`,
        ...(fallback === undefined ? {} : { fallback }),
      };
    },
    stats: () => ({ ...noStats, kernels: store.report.built }),
    missing: () => missing(mode),
    open: async () => (await gpuJsUnloadable()) ?? missing(mode),
    prepare: (plan) => prepare(plan, name, store),
  };
};
