// Times one benchmark case in TensorFlow.js on its WebAssembly backend and prints one JSON line, in the form of torch_peer.py.
//
//   node --import tsx bench/peers/tfjs_peer.ts --case tgcn_train [--repeat N] [--budget-s 60]
//
// Results are computed when an op returns, and only read to check them. In Node this backend runs on one thread.

import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { measure, median, peakMB, type Run, requireFinite, rounded } from "../measure.ts";
import { gpt, mlp, segnet, tgcn } from "./tfjs_models.ts";

/** A run that can be read until the next one, which frees the result. */
const reading = (compute: () => tf.Tensor): Run => {
  let result: tf.Tensor | undefined;
  return () => {
    result?.dispose();
    const next = tf.tidy(compute);
    result = next;
    return () => next.dataSync();
  };
};

const product = (n: number): Run => {
  const a = tf.randomNormal([n, n]);
  const b = tf.randomNormal([n, n]);
  return reading(() => tf.matMul(a, b));
};

const convolution = (): Run => {
  const x = tf.randomNormal<tf.Rank.R4>([4, 64, 64, 64]);
  const w = tf.randomNormal<tf.Rank.R4>([3, 3, 64, 64]);
  return reading(() => tf.conv2d(x, w, 1, "same"));
};

/** A function of one array of the given shape. */
const map = (shape: number[], f: (x: tf.Tensor) => tf.Tensor): Run => {
  const x = tf.randomNormal(shape);
  return reading(() => f(x));
};

const layerNorm = (x: tf.Tensor): tf.Tensor => {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).mul(variance.add(1e-5).rsqrt());
};

const cases: Readonly<Record<string, () => Run>> = {
  matmul256: () => product(256),
  matmul512: () => product(512),
  matmul1024: () => product(1024),
  conv3x3_64: convolution,
  chain4M: () => map([1 << 22], (x) => x.mul(0.2).add(1).exp().tanh()),
  softmax4096x512: () => map([4096, 512], (x) => x.softmax()),
  layernorm4096x512: () => map([4096, 512], layerNorm),
  sum4M: () => map([1 << 22], (x) => x.sum()),
  transpose2048: () => map([2048, 2048], (x) => x.transpose()),
  tgcn_train: () => tgcn(156, 64, 32),
  tgcn_small_train: () => tgcn(20, 16, 8),
  gpt_train: () => gpt(),
  segnet_train: () => segnet(),
  mlp_tiny_train: () => mlp(),
};

const { values: options } = parseArgs({
  options: {
    case: { type: "string", default: "" },
    repeat: { type: "string", default: "0" },
    "budget-s": { type: "string", default: "60" },
  },
});

const timing = async (): Promise<object> => {
  const start = cases[options.case];
  if (start === undefined)
    return { error: `one of ${Object.keys(cases).join(", ")} expected, got "${options.case}"` };
  const wasm = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json");
  setWasmPaths(join(dirname(wasm), "dist") + sep);
  if (!(await tf.setBackend("wasm"))) return { error: "the wasm backend does not start" };
  await tf.ready();
  const budget = { repeat: Number(options.repeat), budgetMs: Number(options["budget-s"]) * 1000 };
  const { firstMs, samples } = await measure(start(), requireFinite, budget);
  return {
    ms: rounded(median(samples)),
    min: rounded(Math.min(...samples)),
    firstMs: rounded(firstMs),
    runs: samples.length,
    peakMB: rounded(peakMB()),
  };
};

const line = await timing().catch((error: unknown) => ({ error: String(error).slice(0, 200) }));
console.log(JSON.stringify({ name: options.case, ...line }));
