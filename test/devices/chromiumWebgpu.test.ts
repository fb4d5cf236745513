// The mode webgpu of gpu.js against the reference, in headless Chromium.

import { testInChromium } from "./inChromium.ts";
import { slowPrograms } from "./suites.ts";

await testInChromium("gpu:webgpu", ["kernels", "plans", "laws", "goldens", "training"]);
await testInChromium("gpu:webgpu", ["programs"], slowPrograms);
