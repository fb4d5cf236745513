// The configuration of a forecaster: what the data fixes, and what is chosen. Every part can be switched
// off, which is what the study's ablations do.

import { fail } from "../../../core/errors.ts";

/** What is chosen. */
export interface Choices {
  /** Width of the graph convolutions and of the recurrent state. */
  readonly hidden: number;
  /** Width of a node's own embedding; 0 for none, so that nodes are told apart by what they measure. */
  readonly embedding: number;
  /** Graph convolutions one upon the other; 0 leaves every node alone. */
  readonly depth: number;
  /**
   * Whom a node hears: "in" its callers, "out" its callees, "both" either, each with weights of its own,
   * "either" callers and callees alike.
   */
  readonly direction: "in" | "out" | "both" | "either";
  /** Whether edges weigh as the graph says, or as the calls over them at each time. */
  readonly edges: "given" | "calls";
  /**
   * "gru": a gated recurrence of each node over the window, after the graph convolution; "tgcn": one whose
   * gates are graph convolutions (T-GCN's cell); "none": the present alone.
   */
  readonly recurrence: "gru" | "tgcn" | "none";
  /**
   * How the clock enters: "phase" as sines of each cycle's phase, "time2vec" as learned sines, "calendar"
   * as an embedding learned for each of 24 parts of each cycle, "none" not at all.
   */
  readonly time: "phase" | "time2vec" | "calendar" | "none";
  /** Whether a linear regression of each node on its own and its neighbours' window is added. */
  readonly autoregression: boolean;
  /** Levels in 0 … 1, rising, 0.5 among them; empty for one value instead of quantiles. */
  readonly quantiles: readonly number[];
  /** The share of activations that a training step leaves out. */
  readonly dropout: number;
}

/** What the data fixes. */
export interface Sizes {
  readonly nodes: number;
  readonly features: number;
  /** Positions of the targets among the features. */
  readonly targets: readonly number[];
  /** How many horizons each target is forecast for. */
  readonly horizons: number;
  /** Steps that the model sees. */
  readonly window: number;
  /** Cycles whose phase is given by the clock. */
  readonly cycles: number;
  /** Whether a mask comes along with the features. */
  readonly hasGaps: boolean;
}

/** Everything that a forecaster is built from. */
export interface Config extends Sizes, Choices {}

/** The choices of the study's full model. */
export const defaultChoices: Choices = {
  hidden: 48,
  embedding: 6,
  depth: 1,
  direction: "both",
  edges: "given",
  recurrence: "gru",
  time: "phase",
  autoregression: true,
  quantiles: [],
  dropout: 0.1,
};

/** How many adjacencies a direction stands for. */
export const adjacencyCount = ({ direction }: Pick<Choices, "direction">): number =>
  direction === "both" ? 2 : 1;

/** Sines and cosines of the phase and of its double, for each cycle. */
export const harmonics = 2;
/** Parts of a cycle that the calendar tells apart. */
export const calendarParts = 24;
/** Width of a learned encoding of time. */
export const learnedTimeWidth = 8;

/** Width of the time encoding. */
export const timeWidth = ({ time, cycles }: Pick<Config, "time" | "cycles">): number => {
  switch (time) {
    case "phase":
      return 2 * harmonics * cycles;
    case "time2vec":
      return learnedTimeWidth;
    case "calendar":
      return learnedTimeWidth * cycles;
    case "none":
      return 0;
  }
};

/** Whether T-GCN's cell mixes neighbours itself, so that no convolution stands before it. */
export const layersBefore = ({
  depth,
  recurrence,
}: Pick<Choices, "depth" | "recurrence">): number => (recurrence === "tgcn" ? 0 : depth);

/** Refuses choices that make no model. */
export const checkConfig = (config: Config): void => {
  const { quantiles, dropout, depth } = config;
  const refuse = (rule: string, got: string): never =>
    fail("Forecaster.init", "InvalidArgument", rule, got);
  const isRising = quantiles.every((q, i) => q > (quantiles[i - 1] ?? 0) && q < 1);
  if (!isRising || (quantiles.length > 0 && !quantiles.includes(0.5)))
    refuse("rising quantiles in 0 … 1 with 0.5 among them expected", quantiles.join(", "));
  if (!(dropout >= 0 && dropout < 1)) refuse("a dropout in 0 … 1 expected", String(dropout));
  if (!(Number.isInteger(depth) && depth >= 0))
    refuse("a whole number of graph convolutions expected", String(depth));
  if (config.recurrence === "tgcn" && config.direction === "both")
    refuse("one adjacency for T-GCN's cell expected, in, out or either", config.direction);
};
