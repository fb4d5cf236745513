// What bar.ts is in browsers, which have no terminals: nothing is drawn. A page shows progress by `onStep` of `fit`.

import type { Bar, Output } from "./display.ts";

/** A bar that is not drawn. */
export const drawBar = (_output: Output, _format: string, _total: number, _done: number): Bar => ({
  update: () => undefined,
  stop: () => undefined,
});
