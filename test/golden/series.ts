// The losses and encodings of time of cases_series.py.

import type { Tensor } from "../../src/index.ts";
import {
  type BinaryCrossEntropyOptions,
  binaryCrossEntropy,
  logCosh,
  maskedHuber,
  maskedMeanAbsoluteError,
  maskedMeanSquaredError,
  maskedQuantileLoss,
  type QuantileOptions,
  quantileLoss,
  Time2Vec,
  TimeEncoding,
} from "../../src/nn/index.ts";
import type { Application } from "./applications.ts";

type Three = [Tensor, Tensor, Tensor]; // what a case of three inputs has
type Two = [Tensor, Tensor];

/** By the name of the op in the case. */
export const seriesApplications: Readonly<Record<string, Application>> = {
  maskedMeanSquaredError: (_, inputs) => maskedMeanSquaredError(...(inputs as Three)),
  maskedMeanAbsoluteError: (_, inputs) => maskedMeanAbsoluteError(...(inputs as Three)),
  maskedHuber: (options, inputs) => maskedHuber(options)(...(inputs as Three)),
  quantileLoss: (options, inputs) =>
    quantileLoss(options as unknown as QuantileOptions)(...(inputs as Two)),
  maskedQuantileLoss: (options, inputs) =>
    maskedQuantileLoss(options as unknown as QuantileOptions)(...(inputs as Three)),
  logCosh: (_, inputs) => logCosh(...(inputs as Two)),
  binaryCrossEntropy: (options, inputs) =>
    binaryCrossEntropy(options as BinaryCrossEntropyOptions)(...(inputs as Two)),
  sinusoidal: (options, [t]) =>
    TimeEncoding.sinusoidal(options as unknown as TimeEncoding.SinusoidalOptions)(t as Tensor),
  time2vec: (_, [t, frequency, phase]) =>
    Time2Vec.apply({ frequency, phase } as Time2Vec.Params)(t as Tensor),
};
