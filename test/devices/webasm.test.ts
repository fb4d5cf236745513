// The mode webasm of gpu.js against the reference.

import { testOnDevice } from "./onDevice.ts";

await testOnDevice("gpu:webasm", ["kernels", "plans", "laws", "goldens", "programs", "training"]);
