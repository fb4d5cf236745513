// The mode webasm of gpu.js against the reference.

import { testOnDevice } from "./onDevice.ts";
import { slowRuns } from "./suites.ts";

process.env["PULLBACK_RUNS"] ??= String(4 * slowRuns); // gpu:cpu, which shares all but the last step, has as many as usual

await testOnDevice("gpu:webasm", ["kernels", "plans", "laws", "goldens", "programs", "training"]);
