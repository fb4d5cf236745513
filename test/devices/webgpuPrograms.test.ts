// Random programs and training runs in the mode webgpu of gpu.js: in Node, through Dawn.

import { testOnDevice } from "./onDevice.ts";
import { slowPrograms } from "./suites.ts";

process.env["PULLBACK_RUNS"] ??= String(slowPrograms);
await testOnDevice("gpu:webgpu", ["programs", "training"]);
