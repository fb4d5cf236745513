// What threads.ts is in browsers, where batches are made in the thread that asks for them: a worker there would need a file of its own,
// which every bundler has its own way to make.

import type { StartThread } from "./threads.ts";

/** No threads here. */
export const startThread: StartThread | undefined = undefined;
