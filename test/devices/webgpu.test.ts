// The mode webgpu of gpu.js against the reference: in Node, through Dawn.

import { testOnDevice } from "./onDevice.ts";

await testOnDevice("gpu:webgpu", ["kernels", "plans", "laws", "goldens"]);
