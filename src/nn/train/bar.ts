// The bar on a terminal, drawn by cli-progress. Bundlers take bar.browser.ts in place of this file (the field `browser` of package.json).

import cliProgress from "cli-progress";
import type { Bar, Output } from "./display.ts";

/** A bar of so many units from `done` on. The format may name what `update` is given, in braces. */
export const drawBar = (output: Output, format: string, total: number, done: number): Bar => {
  const bar = new cliProgress.SingleBar(
    {
      stream: output as NodeJS.WritableStream, // only written to, as a terminal is
      format,
      hideCursor: true,
      gracefulExit: false, // what Ctrl-C does is for `fit` to say
    },
    cliProgress.Presets.shades_classic,
  );
  let isDrawn = false;
  return {
    update: (value, shown) => {
      if (!isDrawn) bar.start(total, done, shown);
      isDrawn = true;
      bar.update(value, shown);
    },
    stop: () => {
      if (isDrawn) bar.stop(); // shows the cursor again
    },
  };
};
