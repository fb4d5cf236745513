// How training shows that it is alive: a bar on a terminal, a line an epoch elsewhere.

import { Presets, SingleBar } from "cli-progress";
import type { Spatiotemporal } from "../../src/models/index.ts";

type Progress = Spatiotemporal.Progress;

const validationOf = ({ validation }: Progress): string =>
  validation === undefined ? "–" : validation.toFixed(4);

const nothing = (): void => undefined;

/** A display of training steps; silent when asked to be. */
export const makeProgress = (
  isSilent: boolean,
): { readonly update: (progress: Progress) => void; readonly stop: () => void } => {
  if (isSilent) return { update: nothing, stop: nothing };
  return process.stdout.isTTY ? makeBar() : makeLines();
};

const makeBar = () => {
  const bar = new SingleBar(
    {
      format:
        "epoch {epoch} {bar} {value}/{total} steps  {rate} steps/s  loss {loss}  validation {validation}  {eta_formatted} left",
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  const started = performance.now();
  return {
    update: (progress: Progress): void => {
      const shown = {
        epoch: progress.epoch + 1,
        loss: progress.loss.toFixed(4),
        validation: validationOf(progress),
        rate: ((progress.step * 1000) / (performance.now() - started)).toFixed(1),
      };
      if (progress.step === 1) bar.start(progress.steps, 1, shown);
      else bar.update(progress.step, shown);
    },
    stop: () => bar.stop(),
  };
};

const makeLines = () => {
  const started = performance.now();
  let last: Progress | undefined;
  const print = (progress: Progress): void => {
    const seconds = (performance.now() - started) / 1000;
    const left = (seconds / progress.step) * (progress.steps - progress.step);
    console.log(
      `epoch ${progress.epoch + 1}  step ${progress.step}/${progress.steps}  ${(progress.step / seconds).toFixed(1)} steps/s  loss ${progress.loss.toFixed(4)}  validation before ${validationOf(progress)}  ${left.toFixed(0)} s left`,
    );
  };
  return {
    update: (progress: Progress): void => {
      if (last !== undefined && progress.epoch !== last.epoch) print(last);
      last = progress;
    },
    stop: () => {
      if (last !== undefined) print(last);
    },
  };
};
