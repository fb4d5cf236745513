// The mode webgl2 of gpu.js against the reference, in headless Chromium.

import { testInChromium } from "./inChromium.ts";

await testInChromium("gpu:webgl2", ["kernels", "plans", "laws"]);
await testInChromium("gpu:webgl2", ["entries", "drawing"], 6);
