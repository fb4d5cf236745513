// Random programs and training runs in the mode webgpu of gpu.js: in Node, through Dawn.

import { testOnDevice } from "./onDevice.ts";
import { slowRuns } from "./suites.ts";

process.env["PULLBACK_RUNS"] ??= String(slowRuns);
await testOnDevice("gpu:webgpu", ["programs", "training"]);
