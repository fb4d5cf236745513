// The models of the training cases in TensorFlow.js: the same sizes and equations as bench/cases/, except that
// - SegNet up-samples where ours unpools by indices, which TensorFlow.js does not have;
// - GPT multiplies one-hot words by the embedding: 4.22's wasm backend has no kernel for the gradient of tf.gather;
// - Adam is without weight decay, which TensorFlow.js does not have.

import * as tf from "@tensorflow/tfjs";

/** One training step that gives the loss. */
export type Step = () => Float32Array;

const weights = (...shape: number[]): tf.Variable => tf.variable(tf.randomNormal(shape, 0, 0.1));
const zeros = (...shape: number[]): tf.Variable => tf.variable(tf.zeros(shape));
const ones = (...shape: number[]): tf.Variable => tf.variable(tf.ones(shape));

const training = (lossOf: () => tf.Tensor): Step => {
  const optimiser = tf.train.adam(1e-3);
  return () => {
    const loss = optimiser.minimize(() => lossOf().asScalar(), true);
    const value = loss?.dataSync() as Float32Array; // minimize(…, true) gives the loss, in f32
    loss?.dispose();
    return value;
  };
};

/** x · w + b over the last axis of a batch of rows; tf.matMul wants rank 2 here. */
const dense = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const rows = x.shape.slice(0, -1);
  const flat = x.reshape([-1, w.shape[0] as number]);
  return flat
    .matMul(w)
    .add(b)
    .reshape([...rows, w.shape[1] as number]);
};

/** T-GCN over `nodes`, 12 steps, batch as given. */
export const tgcn = (nodes: number, hidden: number, batch: number, time = 12, ahead = 3): Step => {
  const adjacency = tf.randomUniform([nodes, nodes]);
  const rows = tf.div(adjacency, adjacency.sum(1, true)).expandDims(0).tile([batch, 1, 1]);
  const gates = [weights(1 + hidden, 2 * hidden), zeros(2 * hidden)] as const;
  const candidate = [weights(1 + hidden, hidden), zeros(hidden)] as const;
  const head = [weights(hidden, ahead), zeros(ahead)] as const;
  const steps = tf.unstack(tf.randomUniform([time, batch, nodes, 1]));
  const target = tf.randomUniform([batch, nodes, ahead]);
  const spread = (now: tf.Tensor, state: tf.Tensor): tf.Tensor =>
    tf.matMul(rows, tf.concat([now, state], -1));
  return training(() => {
    let state: tf.Tensor = tf.zeros([batch, nodes, hidden]);
    for (const now of steps) {
      const [reset, update] = tf.split(dense(spread(now, state), ...gates).sigmoid(), 2, -1) as [
        tf.Tensor,
        tf.Tensor,
      ];
      const proposal = dense(spread(now, reset.mul(state)), ...candidate).tanh();
      state = update.mul(state).add(tf.sub(1, update).mul(proposal));
    }
    return tf.losses.meanSquaredError(target, dense(state, ...head));
  });
};

const layerNorm = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor => {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(scale).add(offset);
};

/** gelu by erf, as ours and PyTorch's. */
const gelu = (x: tf.Tensor): tf.Tensor => x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);

/** A small language model. */
export const gpt = (
  symbols = 65,
  width = 128,
  layers = 4,
  heads = 4,
  time = 64,
  batch = 12,
): Step => {
  const words = weights(symbols, width);
  const places = weights(time, width);
  const stack = Array.from({ length: layers }, () => ({
    norms: [ones(width), zeros(width), ones(width), zeros(width)] as const,
    qkv: weights(width, 3 * width),
    out: weights(width, width),
    up: weights(width, 4 * width),
    down: weights(4 * width, width),
  }));
  const last = [ones(width), zeros(width)] as const;
  const symbolsOf = (): tf.Tensor1D => tf.randomUniform([batch * time], 0, symbols, "int32");
  const input = tf.oneHot(symbolsOf(), symbols);
  const target = tf.oneHot(symbolsOf(), symbols);
  const future = tf.linalg
    .bandPart(tf.ones([time, time]), -1, 0)
    .sub(1)
    .mul(1e9);
  const toHeads = (x: tf.Tensor): tf.Tensor =>
    x.reshape([batch, time, heads, width / heads]).transpose([0, 2, 1, 3]);
  return training(() => {
    let x: tf.Tensor = tf.matMul(input, words).reshape([batch, time, width]).add(places);
    x = x.reshape([batch * time, width]);
    for (const { norms, qkv, out, up, down } of stack) {
      const parts = tf.split(layerNorm(x, norms[0], norms[1]).matMul(qkv), 3, -1).map(toHeads);
      const [q, k, v] = parts as [tf.Tensor, tf.Tensor, tf.Tensor]; // three parts
      const scores = tf
        .matMul(q, k, false, true)
        .mul(Math.sqrt(heads / width))
        .add(future);
      const mixed = tf.matMul(scores.softmax(), v).transpose([0, 2, 1, 3]);
      x = x.add(mixed.reshape([batch * time, width]).matMul(out));
      x = x.add(gelu(layerNorm(x, norms[2], norms[3]).matMul(up)).matMul(down));
    }
    const logits = tf.matMul(layerNorm(x, ...last), words, false, true);
    return tf.losses.softmaxCrossEntropy(target, logits);
  });
};

/** Encoder and decoder of images [4, 96, 128, 3]. */
export const segnet = (widths = [32, 64, 128], classes = 11): Step => {
  const filters = (inputs: number, outputs: number) => ({
    kernel: weights(3, 3, inputs, outputs),
    scale: ones(outputs),
    offset: zeros(outputs),
  });
  type Filters = ReturnType<typeof filters>;
  const sources = [3, ...widths];
  const down = widths.map((w, i) => [filters(sources[i] as number, w), filters(w, w)]);
  const targets = [widths[0] as number, ...widths];
  const up = widths.map((w, i) => [filters(w, w), filters(w, targets[i] as number)]).reverse();
  const head = weights(1, 1, widths[0] as number, classes);
  const bias = zeros(classes);
  const convolve = (x: tf.Tensor, { kernel, scale, offset }: Filters): tf.Tensor => {
    const y = tf.conv2d(x as tf.Tensor4D, kernel as unknown as tf.Tensor4D, 1, "same");
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    return y.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(scale).add(offset).relu();
  };
  const images = tf.randomUniform([4, 96, 128, 3]);
  const labels = tf.oneHot(tf.randomUniform([4 * 96 * 128], 0, classes, "int32"), classes);
  return training(() => {
    let x: tf.Tensor = images;
    for (const stage of down)
      x = tf.maxPool(stage.reduce(convolve, x) as tf.Tensor4D, 2, 2, "valid");
    for (const stage of up) {
      const [, h, w] = x.shape as [number, number, number, number];
      x = stage.reduce(
        convolve,
        tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2 * h, 2 * w]) as tf.Tensor,
      );
    }
    const logits = tf.conv2d(x as tf.Tensor4D, head as unknown as tf.Tensor4D, 1, "same").add(bias);
    return tf.losses.softmaxCrossEntropy(labels, logits.reshape([-1, classes]));
  });
};

/** A multilayer perceptron so small that overhead is what is measured. */
export const mlp = (batch = 32, inputs = 32, hidden = 64): Step => {
  const first = [weights(inputs, hidden), zeros(hidden)] as const;
  const second = [weights(hidden, hidden), zeros(hidden)] as const;
  const third = [weights(hidden, 1), zeros(1)] as const;
  const x = tf.randomUniform([batch, inputs]);
  const y = tf.randomUniform([batch, 1]);
  return training(() =>
    tf.losses.meanSquaredError(
      y,
      dense(dense(dense(x, ...first).tanh(), ...second).tanh(), ...third),
    ),
  );
};
