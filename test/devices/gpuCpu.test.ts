// The mode cpu of gpu.js against the reference.

import { testOnDevice } from "./onDevice.ts";

await testOnDevice("gpu:cpu", ["kernels", "plans", "laws", "goldens", "programs", "training"]);
