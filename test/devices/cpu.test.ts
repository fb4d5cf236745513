// The device cpu against the reference.

import { testOnDevice } from "./onDevice.ts";

await testOnDevice("cpu", ["kernels", "plans", "laws", "goldens", "programs", "training"]);
