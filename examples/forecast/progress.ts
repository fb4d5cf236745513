// How training shows that it is alive: a bar on a terminal, a line an epoch elsewhere.

import { Presets, SingleBar } from "cli-progress";
import type { Spatiotemporal } from "../../src/models/index.ts";

type Progress = Spatiotemporal.Progress;

/** A display of training steps. */
export interface Display {
  readonly update: (progress: Progress) => void;
  /** Leaves the terminal as it was; the display is over. */
  readonly stop: () => void;
}

/** Where a display is written: a terminal or not. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** A display on a stream; silent without one. */
export const makeProgress = (output: Output | undefined): Display => {
  if (output === undefined) return { update: () => undefined, stop: () => undefined };
  return output.isTTY === true ? makeBar(output) : makeLines(output);
};

const secondsSince = (start: number): number => (performance.now() - start) / 1000;

const validationOf = ({ validation }: Progress): string =>
  validation === undefined ? "–" : validation.toFixed(4);

const makeBar = (stream: Output): Display => {
  const bar = new SingleBar(
    {
      stream,
      format: [
        "epoch {epoch} {bar} {value}/{total} steps",
        "{rate} steps/s",
        "loss {loss}",
        "validation {validation}",
        "{eta_formatted} left",
      ].join("  "),
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  const started = performance.now();
  return {
    update: (progress) => {
      const shown = {
        epoch: progress.epoch + 1,
        loss: progress.loss.toFixed(4),
        validation: validationOf(progress),
        rate: (progress.step / secondsSince(started)).toFixed(1),
      };
      if (progress.step === 1) bar.start(progress.steps, 1, shown);
      else bar.update(progress.step, shown);
    },
    stop: () => bar.stop(), // shows the cursor again
  };
};

const makeLines = (stream: Output): Display => {
  const started = performance.now();
  let last: Progress | undefined;
  const print = (progress: Progress): void => {
    const { epoch, step, steps, loss } = progress;
    const seconds = secondsSince(started);
    const left = (seconds / step) * (steps - step);
    const parts = [
      `epoch ${epoch + 1}`,
      `step ${step}/${steps}`,
      `${(step / seconds).toFixed(1)} steps/s`,
      `loss ${loss.toFixed(4)}`,
      `validation before ${validationOf(progress)}`,
      `${left.toFixed(0)} s left`,
    ];
    stream.write(`${parts.join("  ")}\n`);
  };
  return {
    update: (progress) => {
      if (last !== undefined && progress.epoch !== last.epoch) print(last);
      last = progress;
    },
    stop: () => {
      if (last !== undefined) print(last);
      last = undefined;
    },
  };
};
