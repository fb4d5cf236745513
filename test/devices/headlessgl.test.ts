// The mode headlessgl of gpu.js against the reference, where the package gl and an X display are.

import { testOnDevice } from "./onDevice.ts";
import { slowRuns } from "./suites.ts";

await testOnDevice("gpu:headlessgl", ["entries"]);
process.env["PULLBACK_RUNS"] ??= String(slowRuns);
await testOnDevice("gpu:headlessgl", ["kernels", "plans", "laws"]);
