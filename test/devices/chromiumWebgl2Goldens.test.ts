// The golden cases, random programs and training runs in the mode webgl2 of gpu.js, in headless Chromium.

import { testInChromium } from "./inChromium.ts";
import { slowPrograms } from "./suites.ts";

await testInChromium("gpu:webgl2", ["goldens", "training"]);
await testInChromium("gpu:webgl2", ["programs"], slowPrograms);
