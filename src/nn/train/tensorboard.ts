// A logger for TensorBoard: one event file for each time that a run is begun or taken up.

import { appendBytes, pathIn } from "../files.ts";
import { scalarEvent, startEvent, versionEvent } from "./events.ts";
import type { Logger } from "./logger.ts";

/**
 * Metrics as TensorBoard's scalars, tagged `training/NAME` and `evaluation/NAME`, in event files in a folder. A run that is taken up after
 * a step begins a new file, which says so, and TensorBoard drops what older files have of later steps. Numbers are rounded to f32.
 *
 * @example
 * const logger = tensorBoard("runs/a");
 * logger.file // runs/a
 */
export const tensorBoard = (folder: string): Logger => {
  let path = folder;
  let waiting: Uint8Array[] = [];
  return {
    file: folder,
    begin: async (step) => {
      const now = Date.now();
      path = pathIn(folder, nameAt(now, step));
      waiting = [versionEvent(now / 1000), startEvent(now / 1000, step + 1)];
    },
    write: ({ step, phase, metrics, time }) => {
      for (const [name, value] of Object.entries(metrics))
        waiting.push(scalarEvent(time, step, `${phase}/${name}`, value));
    },
    flush: async () => {
      const events = waiting;
      waiting = [];
      for (const bytes of joined(events)) await appendBytes(path, bytes);
    },
  };
};

/** Files are read in the order of their names, which begin with seconds; no two that are begun have the same. */
const nameAt = (milliseconds: number, step: number): string => {
  const seconds = String(Math.floor(milliseconds / 1000)).padStart(10, "0");
  return `events.out.tfevents.${seconds}.${String(milliseconds % 1000).padStart(3, "0")}.pullback.${step}`;
};

/** Events as one piece, or none. */
const joined = (events: readonly Uint8Array[]): readonly Uint8Array[] => {
  if (events.length === 0) return [];
  const all = new Uint8Array(events.reduce((size, event) => size + event.length, 0));
  let next = 0;
  for (const event of events) {
    all.set(event, next);
    next += event.length;
  }
  return [all];
};
