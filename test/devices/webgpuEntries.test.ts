// Entry points of ours on WebGPU, wherever a kernel can have one: in Node, through Dawn. The laws of every op, and programs of their own.

import { testOnDevice } from "./onDevice.ts";
import { slowRuns } from "./suites.ts";

await testOnDevice("gpu:webgpu", ["entries"]);
process.env["PULLBACK_ENTRIES"] = "always";
process.env["PULLBACK_RUNS"] ??= String(slowRuns / 2); // webgpu.test.ts has the laws too, with plain kernels among others
await testOnDevice("gpu:webgpu", ["laws"]);
