// Runs of training that tests share: their options, their models, and how they must end.

import * as E from "fp-ts/lib/Either.js";
import { leavesOf } from "../../../src/index.ts";
import { forecasterFor, type Model } from "../../../src/models/spatiotemporal/model/model.ts";
import {
  type Trained,
  type TrainingOptions,
  train,
} from "../../../src/models/spatiotemporal/training.ts";
import type { Windows } from "../../../src/models/spatiotemporal/windows.ts";
import { printFitProblem } from "../../../src/nn/index.ts";
import { bitsOf } from "../../support/arrays.ts";

/** Few and quick steps. */
export const options: TrainingOptions = { seed: 1, epochs: 3, batchSize: 16, learningRate: 0.02 };
/** Choices of a small forecaster. */
export const narrowChoices = { hidden: 4, embedding: 2 };
/** A small forecaster for windows. */
export const modelOf = (windows: Windows) => forecasterFor(windows, narrowChoices);

/** A run that must end well. */
export const trained = async <P>(
  windows: Windows,
  model: Model<P>,
  more: Partial<TrainingOptions> = {},
): Promise<Trained<P>> => {
  const found = await train(windows, model, { ...options, ...more })();
  if (E.isLeft(found)) throw new Error(printFitProblem(found.left));
  return found.right;
};

/** Every bit of a tree. */
export const bits = (tree: unknown) => leavesOf(tree).map(bitsOf);
