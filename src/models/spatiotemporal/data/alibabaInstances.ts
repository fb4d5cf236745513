// The two tables of Alibaba's trace in which a row is about one instance of a service.

import { addTo, type Block, type Cells, makeCells } from "./cells.ts";
import type { OnRecord } from "./csv.ts";
import type { DataError } from "./errors.ts";
import { memoLast, numberRule } from "./longTable.ts";
import { parseNumber, parseTime, timeRules } from "./scalars.ts";
import type { Sink } from "./source.ts";
import type { Notes } from "./summary.ts";
import { type Column, tableSink, wrongField } from "./table.ts";

/** A feature of a service, and how it follows from those of its instances. */
export interface InstanceFeature {
  readonly feature: string;
  readonly unit: string;
  readonly over: "mean" | "sum";
}

/** Shares of what an instance may use, 0…1. */
export const resourceFeatures: readonly InstanceFeature[] = [
  { feature: "cpu", unit: "share", over: "mean" },
  { feature: "memory", unit: "share", over: "mean" },
];

/** What a metric of MSRTQps is: a rate of calls, which adds up, or a response time, which does not. */
export const metricFeature = (metric: string): InstanceFeature =>
  metric.endsWith("_MCR")
    ? { feature: metric, unit: "calls/s", over: "sum" }
    : { feature: metric, unit: "ms", over: "mean" };

/** What the sinks below share. */
export interface InstanceTable {
  readonly features: readonly InstanceFeature[];
  /** By the times of the trace, not yet by steps. */
  readonly cells: Cells;
  readonly notes: Notes;
}

const timeAndName: readonly Column[] = ["timestamp", "msname", "msinstanceid"];
// Named differently in the files and in their description.
const usages: readonly Column[] = [
  ["instance_cpu_usage", "cpu_utilization"],
  ["instance_memory_usage", "memory_utilization"],
];

/** A sink for a file of MSResource, whose features are the first two. */
export const resourceSink = (file: string, table: InstanceTable): Sink =>
  tableSink(file, [...timeAndName, ...usages], ([timeAt = 0, nameAt = 0, , ...valuesAt]) => {
    const numbers = valuesAt.map((at, feature) => ({ at, feature, column: columnName(feature) }));
    return instanceReader(file, table, timeAt, nameAt, () => numbers);
  });

const columnName = (feature: number): string => (usages[feature] as readonly string[])[0] as string; // two

/** A sink for a file of MSRTQps; rows of metrics that are no feature are passed over. */
export const metricSink = (file: string, table: InstanceTable): Sink =>
  tableSink(
    file,
    [...timeAndName, ["metric", "metrics"], "value"],
    ([timeAt = 0, nameAt = 0, , metricAt = 0, at = 0]) => {
      const indexOf = new Map(table.features.map(({ feature }, index) => [feature, index]));
      const numbers = table.features.map((_, feature) => [{ at, feature, column: "value" }]);
      return instanceReader(file, table, timeAt, nameAt, (fields) => {
        const feature = indexOf.get(fields[metricAt] as string); // records have one width
        return feature === undefined ? undefined : numbers[feature];
      });
    },
  );

/** A number of a row, and the feature that it is. */
interface Numeral {
  readonly at: number;
  readonly feature: number;
  readonly column: string;
}

const instanceReader = (
  file: string,
  { features, cells, notes }: InstanceTable,
  timeAt: number,
  nameAt: number,
  numeralsOf: (fields: readonly string[]) => readonly Numeral[] | undefined,
): OnRecord => {
  const timeOf = memoLast((text) => parseTime("milliseconds", text));
  return ({ line, fields }) => {
    const numerals = numeralsOf(fields);
    if (numerals === undefined) return undefined;
    const time = timeOf(fields[timeAt] as string); // records have one width
    if (!(time >= 0)) return badTimestamp(file, line, fields[timeAt] as string);
    const name = fields[nameAt] as string;
    if (name === "") {
      notes.add("unnamedRow", file, line);
      return undefined;
    }
    const node = cells.node(name);
    const block = cells.block(time, node, file, line);
    block.rows[node] = 1;
    for (const { at, feature, column } of numerals) {
      const text = fields[at] as string;
      const value = parseNumber(text);
      if (value >= 0) addTo(block, features.length, node, feature, value);
      else if (text === "") notes.add("emptyCell", file, line, () => column);
      else return wrongField("BadNumber", file, line, column, numberRule(0), text);
    }
    return undefined;
  };
};

/** The error of a timestamp. */
export const badTimestamp = (file: string, line: number, text: string): DataError =>
  wrongField("BadTime", file, line, "timestamp", timeRules.milliseconds.replace("unix ", ""), text);

/**
 * Cells by steps of `stepMs`: for each of the trace's times a mean or a sum over instances, then the
 * mean over the times in a step.
 */
export const toSteps = ({ features, cells }: InstanceTable, stepMs: number): Cells => {
  const steps = makeCells(features.length);
  for (const name of cells.nodes.keys()) steps.node(name);
  const times = [...cells.blocks.keys()].sort((a, b) => a - b);
  for (const time of times) {
    const { file, line, sums, counts, rows } = cells.blocks.get(time) as Block; // its key
    const begin = Math.floor(time / stepMs) * stepMs;
    const step = steps.block(begin, cells.nodes.size - 1, file, line);
    for (const [node, count] of rows.entries()) if (count > 0) step.rows[node] = 1;
    for (const [cell, count] of counts.entries()) {
      if (count === 0) continue;
      const feature = cell % features.length;
      const sum = sums[cell] as number;
      const value = features[feature]?.over === "sum" ? sum : sum / count;
      addTo(step, features.length, Math.floor(cell / features.length), feature, value);
    }
  }
  return steps;
};
