// Bands: steps in a row that walk the same rows. A thread takes its rows through all of them, without meeting the others in between, some rows at a
// time, so that what one step writes is still in the cache when the next reads it.

import type { Plan, PlanBuffer, PlanStep } from "../../compile/plan.ts";
import { type Access, conflicts } from "./conflicts.ts";
import { aligned } from "./heap.ts";
import type { KernelCode } from "./kernels.ts";
import { leastRows, type RowWise } from "./rows.ts";
import { piece } from "./units.ts";

/** Bytes of the rows that are taken at a time, so that they stay in a core's own cache. */
const blockBytes = 192 * 1024;

/** Steps of a band at most: each is compared with all before it. */
const mostSteps = 64;

/** Steps of a plan, as positions: several that are done row by row, or one on its own. */
export interface Band {
  readonly from: number;
  readonly to: number;
  readonly byRow?: ByRow;
}

/** How steps are done row by row. */
export interface ByRow {
  readonly rows: number;
  /** Of how many rows a thread's part is a multiple. */
  readonly grain: number;
  /** Rows that are taken at a time. */
  readonly blockRows: number;
  /** Buffers that nobody needs beyond a block, and where a thread's own memory has the rows of a block. */
  readonly places: ReadonlyMap<number, number>;
  /** Bytes of that. */
  readonly scratchBytes: number;
}

/** How a step walks so many rows, if it can. */
const rowWiseOf = ({ rows }: KernelCode, count: number): RowWise | undefined =>
  rows?.turns.get(count) ??
  (rows?.flat !== undefined && rows.flat.size % count === 0 ? rows.flat : undefined);

/** What a step touches, where it walks so many rows. */
const rowAccesses = (
  plan: Plan,
  step: PlanStep,
  code: KernelCode,
  rows: number,
): readonly Access[] => {
  const how = rowWiseOf(code, rows);
  return [
    ...step.inputs.map((id, slot) => ({
      ...accessOf(plan, id, false),
      ...(how?.inputs[slot] === true ? { rows } : {}),
    })),
    { ...accessOf(plan, step.output, true), rows },
  ];
};

/** What a step touches of a buffer. */
export const accessOf = (plan: Plan, id: number, isWrite: boolean): Access => {
  const { kind, offset, bytes, over } = plan.buffers[id] as PlanBuffer;
  return kind === "temporary"
    ? { space: "arena", from: offset as number, to: (offset as number) + bytes, isWrite }
    : { space: `buffer ${over ?? id}`, from: 0, to: 1, isWrite };
};

/** The numbers of rows that a step would take by itself. */
const rowCounts = (code: KernelCode | undefined): readonly number[] => {
  const { turns, flat } = code?.rows ?? { turns: new Map<number, RowWise>(), flat: undefined };
  const pieces = (flat?.size ?? 0) / piece;
  return Number.isInteger(pieces) && pieces >= leastRows
    ? [...turns.keys(), pieces]
    : [...turns.keys()];
};

/** Where the band of so many rows ends that begins at a step. */
const endOf = (plan: Plan, codes: readonly KernelCode[], from: number, rows: number): number => {
  const before: Access[] = [];
  let at = from;
  for (; at < Math.min(plan.steps.length, from + mostSteps); at++) {
    const [step, code] = [plan.steps[at] as PlanStep, codes[at] as KernelCode];
    if (rowWiseOf(code, rows) === undefined) break;
    const now = rowAccesses(plan, step, code, rows);
    if (conflicts(before, now)) break;
    before.push(...now);
  }
  return at;
};

/** The steps of a plan in bands, the longest that there are from each step on. */
export const bandsOf = (plan: Plan, codes: readonly KernelCode[]): readonly Band[] => {
  const bands: Band[] = [];
  for (let from = 0; from < codes.length; ) {
    let [best, to] = [1, from + 1];
    // A step of one loop takes the rows of a neighbour.
    const asked = codes[from]?.rows?.flat === undefined ? [from] : [from, from + 1, from + 2];
    for (const rows of new Set(asked.flatMap((at) => rowCounts(codes[at])))) {
      const end = endOf(plan, codes, from, rows);
      if (end - from > 1 && (end > to || (end === to && rows > best))) [best, to] = [rows, end];
    }
    const steps = { from, to };
    bands.push(to - from > 1 ? { ...steps, byRow: byRow(plan, codes, steps, best) } : steps);
    from = to;
  }
  return bands;
};

/** Of how many rows the parts of some steps have to be multiples. */
const grainOf = (codes: readonly KernelCode[], rows: number): number =>
  codes.reduce((most, { rows: found }) => {
    if (found?.flat === undefined) return most;
    const { size, grain } = found.flat;
    let least = 1;
    while ((least * size) % (grain * rows) !== 0) least *= 2; // a grain is a power of two
    return Math.max(most, least);
  }, 1);

/** How steps are done by so many rows. */
const byRow = (
  plan: Plan,
  codes: readonly KernelCode[],
  { from, to }: Band,
  rows: number,
): ByRow => {
  const grain = grainOf(codes.slice(from, to), rows);
  const bytes = new Map<number, number>();
  /** Buffers all of whose rows are needed at once. */
  const whole = new Set<number>();
  for (let at = from; at < to; at++) {
    const { inputs, output } = plan.steps[at] as PlanStep;
    const how = rowWiseOf(codes[at] as KernelCode, rows);
    for (const [slot, id] of [...inputs, output].entries()) {
      if (slot < inputs.length && how?.inputs[slot] !== true) whole.add(id);
      else bytes.set(id, (plan.buffers[id] as PlanBuffer).bytes / rows);
    }
  }
  const rowBytes = [...bytes.values()].reduce((a, b) => a + b, 0);
  const fitting = Math.max(1, Math.floor(blockBytes / rowBytes / grain)) * grain;
  const places = new Map<number, number>();
  const fits = grain * rowBytes <= blockBytes;
  if (!fits || fitting >= rows / 2)
    return { rows, grain, blockRows: rows, places, scratchBytes: 0 };
  let scratchBytes = 0;
  for (const [id, each] of bytes) {
    const { kind, firstStep, lastStep } = plan.buffers[id] as PlanBuffer;
    if (kind !== "temporary" || firstStep < from || lastStep >= to || whole.has(id)) continue;
    places.set(id, scratchBytes);
    scratchBytes += aligned(fitting * each);
  }
  return { rows, grain, blockRows: fitting, places, scratchBytes };
};
