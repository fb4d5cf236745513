// T-GCN (Zhao et al., "T-GCN: a temporal graph convolutional network for traffic prediction", 2019): a GRU over nodes whose gates
// see the neighbours' inputs and states. Two sizes: one bound by arithmetic, one by overhead. And the smallest of all, an MLP.

import type { Tensor } from "../../src/index.ts";
import * as P from "../../src/index.ts";
import { Linear, meanSquaredError } from "../../src/nn/index.ts";
import type { Case } from "./case.ts";
import { draw, trainingCase } from "./training.ts";

interface Sizes {
  readonly nodes: number;
  readonly hidden: number;
  readonly batch: number;
  readonly time: number;
  readonly ahead: number;
}

const params = ({ hidden, ahead }: Sizes) => {
  const { weights } = draw(1);
  return {
    gates: { weight: weights([1 + hidden, 2 * hidden]), bias: weights([2 * hidden]) },
    candidate: { weight: weights([1 + hidden, hidden]), bias: weights([hidden]) },
    head: { weight: weights([hidden, ahead]), bias: weights([ahead]) },
  };
};

const data = ({ nodes, batch, time, ahead }: Sizes) => {
  const { fractions } = draw(2);
  const adjacency = fractions([nodes, nodes]);
  return {
    adjacency: P.div(adjacency, P.sum({ axis: 1, keepDims: true })(adjacency)), // rows sum to 1
    x: fractions([time, batch, nodes, 1]),
    y: fractions([batch, nodes, ahead]),
  };
};

const forecast = (
  { nodes, hidden, batch, time }: Sizes,
  p: ReturnType<typeof params>,
  { adjacency, x }: ReturnType<typeof data>,
): Tensor => {
  const spread = (now: Tensor, state: Tensor): Tensor =>
    P.matmul(adjacency, P.concat({ axis: -1 })([now, state])); // [batch, nodes, 1 + hidden]
  let state: Tensor = P.zeros([batch, nodes, hidden]);
  for (const now of P.split({ axis: 0, parts: time })(x).map(P.squeeze(0))) {
    const gates = P.sigmoid(Linear.apply(p.gates)(spread(now, state)));
    const [reset, update] = P.split({ axis: -1, parts: 2 })(gates) as [Tensor, Tensor]; // parts: 2
    const candidate = P.tanh(Linear.apply(p.candidate)(spread(now, P.mul(reset, state))));
    state = P.add(P.mul(update, state), P.mul(P.sub(1, update), candidate));
  }
  return Linear.apply(p.head)(state);
};

const tgcn = (name: string, full: Sizes): Case =>
  trainingCase({
    name,
    about: `T-GCN of ${full.nodes} nodes, hidden ${full.hidden}, ${full.time} steps, batch ${full.batch}`,
    full,
    small: { nodes: 5, hidden: 4, batch: 2, time: 3, ahead: 2 },
    // Two spreads a step, forward and backward (the adjacency needs no gradient); the gates, forward once and backward twice.
    work: ({ nodes, hidden, batch, time }) =>
      2 * time * batch * nodes * (1 + hidden) * (4 * nodes + 9 * hidden),
    params,
    data,
    loss: (sizes) => (p, batch) => meanSquaredError(forecast(sizes, p, batch), batch.y),
  });

interface MlpSizes {
  readonly batch: number;
  readonly inputs: number;
  readonly hidden: number;
}

const mlp = trainingCase({
  name: "mlp_tiny_train",
  about: "multilayer perceptron 32-64-64-1 with tanh, batch 32",
  full: { batch: 32, inputs: 32, hidden: 64 } as MlpSizes,
  small: { batch: 4, inputs: 5, hidden: 6 },
  work: ({ batch, inputs, hidden }) => 6 * batch * hidden * (inputs + hidden + 1),
  params: ({ inputs, hidden }) => {
    const { weights } = draw(3);
    return {
      first: { weight: weights([inputs, hidden]), bias: weights([hidden]) },
      second: { weight: weights([hidden, hidden]), bias: weights([hidden]) },
      third: { weight: weights([hidden, 1]), bias: weights([1]) },
    };
  },
  data: ({ batch, inputs }) => {
    const { fractions } = draw(4);
    return { x: fractions([batch, inputs]), y: fractions([batch, 1]) };
  },
  loss:
    () =>
    (p, { x, y }) => {
      const first = P.tanh(Linear.apply(p.first)(x));
      const second = P.tanh(Linear.apply(p.second)(first));
      return meanSquaredError(Linear.apply(p.third)(second), y);
    },
});

/** Recurrence over a graph at two sizes, and a tiny MLP. */
export const smallModelCases: readonly Case[] = [
  tgcn("tgcn_train", { nodes: 156, hidden: 64, batch: 32, time: 12, ahead: 3 }),
  tgcn("tgcn_small_train", { nodes: 20, hidden: 16, batch: 8, time: 12, ahead: 3 }),
  mlp,
];
