// The mode webgpu of gpu.js against the reference, in headless Chromium.

import { testInChromium } from "./inChromium.ts";

await testInChromium("gpu:webgpu", ["kernels", "plans", "laws", "goldens", "programs", "training"]);
