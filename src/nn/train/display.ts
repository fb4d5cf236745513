// How training shows that it is alive: a bar on a terminal, lines elsewhere, with rate, loss and remaining time.

import { drawBar } from "./bar.ts";

/** Where a run stands. */
export interface Progress {
  /** Steps done, from 1. */
  readonly step: number;
  readonly steps: number;
  /** From 0. */
  readonly epoch: number;
  readonly epochs: number;
  /** What the steps report, when it was read last. */
  readonly metrics: Readonly<Record<string, number>>;
  /** What the last evaluation found, when there was one. */
  readonly evaluation?: Readonly<Record<string, number>>;
}

/** A display of a run. */
export interface Display {
  readonly update: (progress: Progress) => void;
  /** Leaves the terminal as it was; the display is over. */
  readonly stop: () => void;
}

/** Where a display is written, as `process.stderr`: a terminal or not. */
export interface Output {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
}

/** A bar being drawn. */
export interface Bar {
  readonly update: (value: number, shown: Readonly<Record<string, string>>) => void;
  readonly stop: () => void;
}

/** A display that shows nothing. */
export const silent: Display = { update: () => undefined, stop: () => undefined };

/**
 * A display on a stream: a bar where that is a terminal; elsewhere a line after every
 * evaluation, every `secondsBetween` seconds (default 10) and at the end.
 *
 * @example
 * const said: string[] = [];
 * const display = displayOn({ write: (text) => said.push(text) });
 * display.update({ step: 1, steps: 1, epoch: 0, epochs: 1, metrics: { loss: 0.5 } });
 * display.stop();
 * said.length // 1
 */
export const displayOn = (
  output: Output,
  { secondsBetween = 10 }: { readonly secondsBetween?: number } = {},
): Display => (output.isTTY === true ? barOn(output) : linesOn(output, secondsBetween));

const now = (): number => performance.now() / 1000;

/** Rate and remaining time, from the steps that this display has seen: a run may have been taken up. */
const pace = (): ((progress: Progress) => { readonly rate: string; readonly left: string }) => {
  const started = now();
  let before: number | undefined;
  return ({ step, steps }) => {
    before ??= step - 1;
    const rate = (step - before) / Math.max(now() - started, 1e-9);
    const shown = rate.toFixed(rate < 10 ? 2 : 0);
    return { rate: `${shown} steps/s`, left: `${printSeconds((steps - step) / rate)} left` };
  };
};

const printSeconds = (seconds: number): string => {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const parts =
    hours > 0 ? [`${hours} h`, `${minutes} min`] : minutes > 0 ? [`${minutes} min`] : [];
  return [...parts, ...(hours > 0 ? [] : [`${whole % 60} s`])].join(" ");
};

/** Up to four digits that say something, as 0.01234, 12.34 or 1.2e-7. */
const printNumber = (x: number): string => {
  const size = Math.abs(x);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? x.toExponential(3) : x.toPrecision(4);
};

const printScores = (scores: Readonly<Record<string, number>> = {}): string =>
  Object.entries(scores)
    .map(([name, x]) => `${name} ${printNumber(x)}`)
    .join("  ");

const printEvaluation = ({ evaluation }: Progress): string =>
  evaluation === undefined ? "" : `evaluation ${printScores(evaluation)}`;

const barOn = (output: Output): Display => {
  const format = "epoch {epoch}  {bar}  {value}/{total}  {rate}  {metrics}  {evaluation}  {left}";
  const paceOf = pace();
  let bar: Bar | undefined;
  return {
    update: (progress) => {
      bar ??= drawBar(output, format, progress.steps, progress.step - 1);
      const { epoch, epochs, metrics } = progress;
      bar.update(progress.step, {
        ...paceOf(progress),
        epoch: `${epoch + 1}/${epochs}`,
        metrics: printScores(metrics),
        evaluation: printEvaluation(progress),
      });
    },
    stop: () => bar?.stop(),
  };
};

const linesOn = (output: Output, secondsBetween: number): Display => {
  const paceOf = pace();
  let printedAt = now();
  let waiting: (() => void) | undefined; // prints the newest step that was not printed
  let evaluated: Progress["evaluation"];
  const print = (progress: Progress): void => {
    const { epoch, epochs, step, steps, metrics } = progress;
    const { rate, left } = paceOf(progress);
    const place = [`epoch ${epoch + 1}/${epochs}`, `step ${step}/${steps}`, rate];
    const parts = [...place, printScores(metrics), printEvaluation(progress), left];
    output.write(`${parts.filter((part) => part !== "").join("  ")}\n`);
    printedAt = now();
    waiting = undefined;
    evaluated = progress.evaluation;
  };
  return {
    update: (progress) => {
      paceOf(progress); // which counts from the first step
      if (progress.evaluation !== evaluated || now() - printedAt >= secondsBetween) print(progress);
      else waiting = () => print(progress);
    },
    stop: () => waiting?.(),
  };
};
