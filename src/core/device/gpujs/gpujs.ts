// The device `gpu`: plans through gpu.js, in one of its modes: on a graphics card through WebGPU or WebGL, on the processor through
// WebAssembly or JavaScript. What the modes can do stands in modes.ts; who runs plans in the folders host, webgpu and gl.

import type { Capabilities, Device } from "../device.ts";
import { glDevice } from "./gl/device.ts";
import { hostDevice } from "./host/device.ts";
import { type Mode, type ModeName, modes } from "./modes.ts";
import { webGpuDevice } from "./webgpu/device.ts";

const capabilitiesOf = ({
  maxInputs,
  maxElements,
  threads,
  maxLoop,
  hasSharedMemory,
  flushesDenormals,
  isAsync,
}: Mode): Capabilities => ({
  dtypes: ["f32", "i32", "bool", "f16", "bf16", "i8", "u8", "i4"],
  canScatter: false,
  writesOverDonated: false,
  maxInputs,
  maxElements,
  threads,
  maxLoop,
  sharesMemory: hasSharedMemory,
  flushesDenormals,
  isAsync,
});

/** The device that runs plans in one mode of gpu.js. */
export const gpuJsDevice = (name: ModeName): Device => {
  const mode: Mode = modes[name];
  const capabilities = capabilitiesOf(mode);
  switch (mode.memory) {
    case "host":
      return hostDevice(mode, capabilities);
    case "buffer":
      return webGpuDevice(mode, capabilities);
    case "texture":
      return glDevice(mode, capabilities);
  }
};
