// The golden cases, random programs and training runs in the mode headlessgl of gpu.js, where the package gl and an X display are.

import { testOnDevice } from "./onDevice.ts";
import { slowPrograms } from "./suites.ts";

process.env["PULLBACK_RUNS"] ??= String(slowPrograms);

await testOnDevice("gpu:headlessgl", ["goldens", "programs", "training"]);
