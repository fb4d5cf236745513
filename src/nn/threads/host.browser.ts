// What host.ts is in browsers, where nothing here starts threads: a worker there would need a file of its own, which every bundler has its
// own way to make.

import type { StartThread } from "./host.ts";

/** No threads here. */
export const startThread: StartThread | undefined = undefined;
