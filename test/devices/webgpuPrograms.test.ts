// Random programs and training runs in the mode webgpu of gpu.js: in Node, through Dawn.

import { testOnDevice } from "./onDevice.ts";

await testOnDevice("gpu:webgpu", ["programs", "training"]);
