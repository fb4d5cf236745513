// From gathered measurements to a series: services in alphabetical order, times evenly spaced, means in
// the cells and NaN in those that nothing was measured for.

import * as E from "fp-ts/lib/Either.js";
import type { ServiceSeries } from "../series.ts";
import type { Block, Cells } from "./cells.ts";
import { type DataError, emptyFile } from "./errors.ts";
import { printTime } from "./scalars.ts";
import type { Notes } from "./summary.ts";

/** How cells become a grid. */
export interface GridRules {
  /** The file that errors and notes name where they are about no line. */
  readonly file: string;
  /** Milliseconds from time to time; the most usual between the file's own when absent. */
  readonly stepMs?: number;
  /** Whether times and rows may be missing, or are errors. */
  readonly gaps: "fill" | "refuse";
  /** The column of times, for errors. */
  readonly timeColumn: string;
}

/** The part of a series that comes from measurements. */
export type Grid = Pick<ServiceSeries, "services" | "times" | "values" | "stepSeconds">;

/**
 * The grid of the measurements. Fails with EmptyFile for less than two times, OffGrid for a time
 * between two steps, or so far off that less than one step in ten has a row, Gap for what is missing and may not be, and
 * BadNumber where a mean is above 1.8e308.
 */
export const toGrid = (cells: Cells, rules: GridRules, notes: Notes): E.Either<DataError, Grid> => {
  const times = Float64Array.from(cells.blocks.keys()).sort();
  if (times.length < 2) return E.left(emptyFile(rules.file, "rows at two times or more"));
  const stepMs = rules.stepMs ?? usualStep(times);
  const problem =
    (rules.gaps === "refuse" ? findGap(cells, times, stepMs, rules.timeColumn) : undefined) ??
    findOffGrid(cells, times, stepMs, rules.timeColumn);
  if (problem !== undefined) return E.left(problem);
  const steps = ((times.at(-1) as number) - (times[0] as number)) / stepMs + 1;
  const grid = fill(cells, times, stepMs, steps);
  const wrong =
    (rules.gaps === "refuse" ? findMissing(cells, grid) : undefined) ??
    findOverflow(cells, grid, rules.file);
  if (wrong !== undefined) return E.left(wrong);
  if (rules.gaps === "fill") noteMissing(cells, grid, rules.file, notes);
  return E.right({
    services: grid.services,
    times: grid.times.map((time) => time / 1000),
    values: grid.values,
    stepSeconds: stepMs / 1000,
  });
};

/** The most usual time from one to the next, the least of several: neither gaps nor one odd time hide the step. */
const usualStep = (times: Float64Array): number => {
  const counts = new Map<number, number>();
  for (let k = 1; k < times.length; k++) {
    const step = (times[k] as number) - (times[k - 1] as number);
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  const [[step]] = [...counts].sort(([a, m], [b, n]) => n - m || a - b) as [[number, number]]; // two times or more
  return step;
};

const blockAt = (cells: Cells, time: number): Block => cells.blocks.get(time) as Block; // times are keys

const findGap = (
  cells: Cells,
  times: Float64Array,
  stepMs: number,
  column: string,
): DataError | undefined => {
  const gap = times.findIndex((time, k) => k > 0 && time - (times[k - 1] as number) !== stepMs);
  if (gap < 0) return undefined;
  const { file, line } = blockAt(cells, times[gap] as number);
  const rule = `a row at ${printTime((times[gap - 1] as number) + stepMs)} expected`;
  return { _tag: "Gap", file, line, column, rule, got: printTime(times[gap] as number) };
};

/** More steps than this for each time with rows mean that a time is wrong, and would take memory for nothing. */
const SPARSEST = 10;

const findOffGrid = (
  cells: Cells,
  times: Float64Array,
  stepMs: number,
  column: string,
): DataError | undefined => {
  const first = times[0] as number; // two times or more
  const offGrid = (time: number, rule: string): DataError => {
    const { file, line } = blockAt(cells, time);
    return { _tag: "OffGrid", file, line, column, rule, got: printTime(time) };
  };
  const odd = times.find((time) => (time - first) % stepMs !== 0);
  if (odd !== undefined) {
    return offGrid(
      odd,
      `a time whole steps of ${stepMs / 1000} s after ${printTime(first)} expected`,
    );
  }
  const steps = ((times.at(-1) as number) - first) / stepMs + 1;
  if (steps <= times.length * SPARSEST) return undefined;
  const rule = `rows at one in ${SPARSEST} steps of ${stepMs / 1000} s or more expected`;
  const got = `${times.length} of ${steps} up to`;
  const wide = offGrid(farthest(times), rule);
  return { ...wide, got: `${got} ${wide.got}` };
};

/** The time after the widest gap. */
const farthest = (times: Float64Array): number => {
  const gapBefore = (k: number): number => (times[k] as number) - (times[k - 1] as number);
  let widest = 1;
  for (let k = 2; k < times.length; k++) if (gapBefore(k) > gapBefore(widest)) widest = k;
  return times[widest] as number;
};

/** A grid whose times are in milliseconds still. */
interface Filled {
  readonly services: readonly string[];
  readonly times: Float64Array;
  readonly values: Float64Array;
}

const fill = (cells: Cells, times: Float64Array, stepMs: number, steps: number): Filled => {
  const { features, nodes, blocks } = cells;
  const services = [...nodes.keys()].sort();
  const nodeOf = services.map((name) => nodes.get(name) as number); // its own key
  const first = times[0] as number;
  const values = new Float64Array(steps * services.length * features).fill(Number.NaN);
  for (const [time, { sums, counts }] of blocks) {
    const row = ((time - first) / stepMs) * services.length;
    for (const [service, node] of nodeOf.entries()) {
      for (let feature = 0; feature < features; feature++) {
        const cell = node * features + feature;
        const count = counts[cell] ?? 0; // a block has no room for nodes that came later
        if (count > 0)
          values[(row + service) * features + feature] = (sums[cell] as number) / count;
      }
    }
  }
  return {
    services,
    times: Float64Array.from({ length: steps }, (_, k) => first + k * stepMs),
    values,
  };
};

const findMissing = (cells: Cells, { services, times }: Filled): DataError | undefined => {
  for (const time of times) {
    const { file, line, rows } = blockAt(cells, time);
    const without = services.find((name) => !rows[cells.nodes.get(name) as number]);
    if (without === undefined) continue;
    const rule = `a row for "${without}" at ${printTime(time)} expected`;
    return { _tag: "Gap", file, line, rule, got: "none" };
  }
  return undefined;
};

/** A mean of numbers has to be one: the sum of two may be above the largest. */
const findOverflow = (
  { features }: Cells,
  { services, times, values }: Filled,
  file: string,
): DataError | undefined => {
  const at = values.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
  if (at < 0) return undefined;
  const row = Math.floor(at / features);
  const name = services[row % services.length];
  const time = printTime(times[Math.floor(row / services.length)] as number); // `at` is in the grid
  const rule = "numbers whose sum is below 1.8e308 expected";
  return { _tag: "BadNumber", file, rule, got: `more for "${name}" at ${time}` };
};

const noteMissing = (cells: Cells, grid: Filled, file: string, notes: Notes): void => {
  const { services, times } = grid;
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  for (const time of times) {
    const block = cells.blocks.get(time);
    if (block === undefined) {
      notes.add("missingTime", file, undefined, () => printTime(time));
      continue;
    }
    for (const name of services) {
      if (block.rows[cells.nodes.get(name) as number]) {
        if (!first.has(name)) first.set(name, time);
        last.set(name, time);
      } else notes.add("missingRow", block.file, undefined, () => name);
    }
  }
  for (const name of services) {
    if (first.get(name) !== times[0]) notes.add("lateNode", file, undefined, () => name);
    if (last.get(name) !== times.at(-1)) notes.add("vanishedNode", file, undefined, () => name);
  }
};
