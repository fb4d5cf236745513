// How much to train on each data set.

import type { Extent } from "../../study/options.ts";
import type { DataName } from "./cases.ts";

/** How much to train. */
export interface Sizes {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Width of the models; each one's own when absent. */
  readonly hidden?: number;
  /** Minutes of simulated data. */
  readonly simulatedMinutes: number;
}

const epochs: Readonly<Record<DataName, number>> = {
  "online-boutique": 80,
  "petshop-low": 40,
  "petshop-high": 40,
  "los-loop": 20,
  simulated: 30,
};

/** How much to train on a data set. */
export const sizesFor = (data: DataName, extent: Extent): Sizes => {
  const usual = {
    epochs: epochs[data],
    batchSize: 32,
    learningRate: 0.004,
    simulatedMinutes: 1440,
  };
  if (extent === "smoke") return { ...usual, epochs: 2, hidden: 8, simulatedMinutes: 480 };
  return extent === "quick" && data === "los-loop" ? { ...usual, epochs: 10 } : usual;
};
