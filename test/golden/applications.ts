// From the op and options of a golden case to a call. Options come from JSON, so they are untyped here and checked by the ops themselves.

import type { Tensor } from "../../src/index.ts";
import * as P from "../../src/index.ts";
import type { Options } from "./cases.ts";
import * as Composite from "./composites.ts";
import { compressApplications } from "./compress.ts";
import { graphApplications } from "./graphs.ts";
import { layers } from "./layers.ts";
import { segmentationApplications } from "./segmentation.ts";
import { segmenters } from "./segmenters.ts";
import { seriesApplications } from "./series.ts";
import { schedule, trajectory } from "./trajectory.ts";
import { transformers } from "./transformers.ts";

/** How a case is run: its options and inputs give one tensor or several. */
export type Application = (
  options: Options,
  inputs: readonly Tensor[],
) => Tensor | readonly Tensor[];

// biome-ignore lint/suspicious/noExplicitAny: the table holds functions of every signature; JSON decides their arguments.
type AnyFunction = (...args: any[]) => any;

/** op(a, b, …) */
const plain =
  (op: AnyFunction): Application =>
  (_, inputs) =>
    op(...inputs);

/** op(options)(a, b, …) */
const configured =
  (op: AnyFunction): Application =>
  (options, inputs) =>
    op(options)(...inputs);

/** op(options.key)(a, b, …) */
const keyed =
  (op: AnyFunction, key: string): Application =>
  (options, inputs) =>
    op(options[key])(...inputs);

/** op(options)([a, b, …]) */
const joined =
  (op: AnyFunction): Application =>
  (options, inputs) =>
    op(options)(inputs);

/** op(options)(x) as an array: its values, then its indices. */
const indexed =
  (op: AnyFunction): Application =>
  (options, inputs) => {
    const { values, indices } = op(options)(...inputs);
    return [values, indices];
  };

const plainNames = [
  ..."neg exp expm1 sin cos tanh sigmoid erf abs sign floor ceil round square reciprocal log log1p sqrt rsqrt".split(
    " ",
  ),
  ..."relu gelu geluTanh silu softplus add sub mul div pow maximum minimum mod where".split(" "),
  ..."equal notEqual less lessEqual greater greaterEqual transpose matmul dot outer".split(" "),
  ..."globalAvgPool2d globalMaxPool2d".split(" "),
];
const configuredNames = [
  ..."clamp elu leakyRelu sum mean variance max min prod any all argmax argmin cumsum softmax logSoftmax".split(
    " ",
  ),
  ..."logSumExp pad slice flip split conv1d conv2d convTranspose1d convTranspose2d maxPool2d avgPool2d".split(
    " ",
  ),
  ..."maxUnpool2d resizeNearest resizeBilinear take takeAlongAxis scatterAdd scatterAddAlongAxis sort".split(
    " ",
  ),
  ..."argsort segmentSum segmentMean segmentMax segmentSoftmax".split(" "),
];

const library = P as unknown as Readonly<Record<string, AnyFunction | undefined>>; // looked up by name
const exported = (name: string): AnyFunction => {
  const op = library[name];
  if (op === undefined) throw new Error(`${name} is not exported`);
  return op;
};

const named = (
  names: readonly string[],
  wrap: (op: AnyFunction) => Application,
): [string, Application][] =>
  names.map((name) => [name, wrap((...args) => exported(name)(...args))]);

/** Every op of the golden files. */
export const applications: Readonly<Record<string, Application>> = {
  ...Object.fromEntries(named(plainNames, plain)),
  ...Object.fromEntries(named(configuredNames, configured)),
  reshape: keyed(P.reshape, "shape"),
  expand: keyed(P.expand, "shape"),
  permute: keyed(P.permute, "axes"),
  expandDims: keyed(P.expandDims, "axis"),
  squeeze: keyed(P.squeeze, "axis"),
  tile: keyed(P.tile, "reps"),
  einsum: keyed(P.einsum, "equation"),
  powScalar: ({ exponent }, [x]) => (P.pow as AnyFunction)(x, exponent),
  concat: joined(P.concat),
  stack: joined(P.stack),
  // f64 unless the caller says otherwise, as test/devices does.
  oneHot: (options, [indices]) =>
    P.oneHot({ dtype: "f64", ...(options as { classes: number }) })(indices as Tensor),
  topK: indexed(P.topK),
  maxPoolWithIndices2d: indexed(P.maxPoolWithIndices2d),
  embedding: plain(P.take({ axis: 0 })),
  indexAdd: ({ axis }, [x, updates, indices]) => {
    const size = (x as Tensor).shape[axis as number];
    return P.add(x as Tensor, (P.scatterAdd as AnyFunction)({ size, axis })(updates, indices));
  },
  csrMatmul: (options, [values, x]) =>
    P.csrMatmul((P.csr as AnyFunction)({ ...options, values }), x as Tensor),
  layerNorm: configured(Composite.layerNorm),
  batchNorm: configured(Composite.batchNorm),
  groupNorm: configured(Composite.groupNorm),
  crossEntropy: configured(Composite.crossEntropy),
  gruCell: plain(Composite.gruCell),
  gru: plain(Composite.gru),
  lstmCell: plain(Composite.lstmCell),
  attention: configured(Composite.attention),
  gcn: plain(Composite.gcn),
  ...layers,
  trajectory: configured(trajectory),
  ...graphApplications,
  ...segmenters,
  ...compressApplications,
  ...segmentationApplications,
  ...seriesApplications,
  ...transformers,
  schedule: configured(schedule),
};
