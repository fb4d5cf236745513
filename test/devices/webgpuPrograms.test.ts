// Random programs in the mode webgpu of gpu.js, each of which compiles kernels of its own: in Node, through Dawn.

import { testOnDevice } from "./onDevice.ts";

await testOnDevice("gpu:webgpu", ["programs"]);
