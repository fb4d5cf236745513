// Layers: sizes from the configuration to the result; bare tensors, and parameters of any sizes, pass.

import { pipe } from "fp-ts/lib/function.js";
import type { Tensor } from "../../../src/core/tensor.ts";
import type { Dim } from "../../../src/core/types/index.ts";
import type { Graph } from "../../../src/nn/index.ts";
import { lift, sequential } from "../../../src/nn/module.ts";
import type { Equal, Expect } from "../expect.ts";
import {
  Attention,
  Conv,
  type Csr,
  Embedding,
  Gcn,
  GraphConvolution,
  GroupNorm,
  Gru,
  LayerNorm,
  Linear,
  Lstm,
  ones,
  RmsNorm,
  Rnn,
  relu,
  softmax,
  zeros,
} from "../ops.ts";

type Batch = Dim<"batch">;

declare const from: Tensor;
declare const bare: Tensor;
declare const ids: Tensor<readonly [Batch, 12], "i32">;
declare const state: Tensor<readonly [Batch, 64], "f32">;
declare const n: number;
declare const images: Tensor<readonly [Batch, 784], "f32">;
declare const sequence: Tensor<readonly [Batch, 12, 784], "f64">;

const layer = Linear.init(from, { inputs: 784, outputs: 10 });
const any: Linear.Params = layer;
const partly = Linear.init(from, { inputs: n, outputs: 10 });
const several = [layer, Linear.init(from, { inputs: 10, outputs: 10 })];

const rows = Linear.apply(layer)(images);
const piped = pipe(images, Linear.apply(layer), softmax({ axis: -1 }));
const ofSequence = Linear.apply(layer)(sequence);
const ofBare = Linear.apply(layer)(bare);
const dynamic = Linear.apply(partly)(images);
const literal = Linear.apply({ weight: zeros([784, 3]), bias: zeros([3]) })(images);
const mixed = Linear.apply({ weight: bare, bias: zeros([3]) })(images);
const chained = several.reduce((h, each) => Linear.apply(each)(h), bare);
const network = sequential(Linear.module({ inputs: 784, outputs: 8 }), lift(relu));
const composed = network.apply(network.init(from))(images);

export type Linears = [
  Expect<Equal<typeof layer, Linear.Params<784, 10>>>,
  Expect<Equal<typeof layer.weight, Tensor<readonly [784, 10]>>>,
  Expect<Equal<typeof any.weight, Tensor>>,
  Expect<Equal<typeof rows, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof piped, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof ofSequence, Tensor<readonly [Batch, 12, 10], "f64">>>,
  Expect<Equal<typeof ofBare, Tensor>>,
  Expect<Equal<typeof dynamic, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof literal, Tensor<readonly [Batch, 3], "f32">>>,
  Expect<Equal<typeof mixed, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof chained, Tensor>>,
  Expect<Equal<typeof composed, Tensor>>,
];

type Fits<A, B> = [A] extends [B] ? true : false;

export type Records = [
  Expect<Equal<Fits<Linear.Params<3, 2>, Linear.Params>, true>>,
  Expect<Equal<Fits<Linear.Params<3, 2>, Linear.Params<number, 2>>, true>>,
  Expect<Equal<Fits<Linear.Params<3, 2>, Linear.Params<3, 4>>, false>>,
  Expect<Equal<Fits<Linear.Params, Linear.Params<3, 2>>, false>>,
  Expect<Equal<Fits<Gru.Params<3, 2, 3>, Gru.Params>, true>>,
  Expect<Equal<Fits<Gru.Params<3, 2, 3>, Gru.Params<3, 4, 3>>, false>>,
  Expect<Equal<Fits<Attention.Params<8>, Attention.Params>, true>>,
  Expect<Equal<Fits<Attention.Params<8>, Attention.Params<16>>, false>>,
];

const words = Embedding.init(from, { symbols: 65, width: 784 });

const read = Embedding.apply(words)(ids);
const readLiteral = pipe(ids, Embedding.apply({ table: zeros([65, 784]) }));
const readAny = Embedding.apply(words)(bare);
const scores = pipe(sequence, Embedding.scores(words));
const embed = sequential(Embedding.module({ symbols: 65, width: 8 }), LayerNorm.module(8));
const embedded = embed.apply(embed.init(from))(ids);

export type Embeddings = [
  Expect<Equal<typeof words, Embedding.Params<65, 784>>>,
  Expect<Equal<typeof read, Tensor<readonly [Batch, 12, 784]>>>,
  Expect<Equal<typeof readLiteral, Tensor<readonly [Batch, 12, 784], "f32">>>,
  Expect<Equal<typeof readAny, Tensor>>,
  Expect<Equal<typeof scores, Tensor<readonly [Batch, 12, 65], "f64">>>,
  Expect<Equal<typeof embedded, Tensor>>,
];

const norm = LayerNorm.init(784);

const normal = LayerNorm.apply(norm)(images);
const normalPiped = pipe(sequence, LayerNorm.apply(norm, { epsilon: 0 }));
const normalBare = LayerNorm.apply(norm)(bare);
const byAny = LayerNorm.apply({ gain: bare, bias: bare })(images);
const filled = LayerNorm.apply(norm)(zeros([5, n]));
const byRms = pipe(images, RmsNorm.apply(RmsNorm.init(784)));
const byLiteral = RmsNorm.apply({ gain: ones([784]) })(sequence);

const byGroups = GroupNorm.apply(GroupNorm.init(784), { groups: 8 })(sequence);

export type Norms = [
  Expect<Equal<typeof norm, LayerNorm.Params<784>>>,
  Expect<Equal<typeof normal, Tensor<readonly [Batch, 784], "f32">>>,
  Expect<Equal<typeof normalPiped, Tensor<readonly [Batch, 12, 784], "f64">>>,
  Expect<Equal<typeof normalBare, Tensor>>,
  Expect<Equal<typeof byAny, Tensor<readonly [Batch, 784], "f32">>>,
  Expect<Equal<typeof filled, Tensor<readonly [5, 784], "f32">>>,
  Expect<Equal<typeof byGroups, Tensor<readonly [Batch, 12, 784], "f64">>>,
  Expect<Equal<typeof byRms, Tensor<readonly [Batch, 784], "f32">>>,
  Expect<Equal<typeof byLiteral, Tensor<readonly [Batch, 12, 784], "f64">>>,
];

const sizes = { inputs: 784, hidden: 64 } as const;
const gru = Gru.init(from, sizes);
const lstm = Lstm.init(from, sizes);
const anyGru: Gru.Params = gru;

const next = Gru.cell(gru)(images, state);
const fromVector = Gru.cell(gru)(images, zeros([64]));
const fromBareState = Gru.cell(gru)(images, bare);
const byAnyGru = Gru.cell(anyGru)(images, state);
const bareNext = Gru.cell(anyGru)(bare, bare);
const bent = Rnn.cell(Rnn.init(from, { inputs: n, hidden: 64 }), { activation: "relu" })(
  images,
  state,
);
const remembered = Lstm.cell(lstm)(images, { h: state, c: state });
const again = Lstm.cell(lstm)(images, remembered);
const bareMemory = Lstm.cell(lstm)(bare, { h: bare, c: bare });

export type Cells = [
  Expect<Equal<typeof gru, Gru.Params<784, 64, 3>>>,
  Expect<Equal<typeof gru.inputWeight, Tensor<readonly [784, 192]>>>,
  Expect<Equal<typeof next, Tensor<readonly [Batch, 64], "f32">>>,
  Expect<Equal<typeof fromVector, Tensor<readonly [Batch, 64], "f32">>>,
  Expect<Equal<typeof fromBareState, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof byAnyGru, Tensor<readonly [Batch, 64], "f32">>>,
  Expect<Equal<typeof bareNext, Tensor>>,
  Expect<Equal<typeof bent, Tensor<readonly [Batch, 64], "f32">>>,
  Expect<Equal<typeof remembered, Lstm.State<readonly [Batch, 64], "f32">>>,
  Expect<Equal<typeof again, Lstm.State<readonly [Batch, 64], "f32">>>,
  Expect<Equal<typeof bareMemory, Lstm.State>>,
];

declare const tokens: Tensor<readonly [Batch, 12, 64], "f32">;
declare const memory: Tensor<readonly [Batch, 30, 64], "f32">;

const attention = Attention.init(from, { width: 64 });
const anyAttention: Attention.Params = attention;

const attended = Attention.apply(attention, { heads: 4, causal: true })(tokens);
const attendedPiped = pipe(tokens, Attention.apply(attention, { heads: 4 }));
const crossed = Attention.apply(attention, { heads: 4 })(tokens, memory);
const attendedBare = Attention.apply(attention, { heads: 4 })(bare);
const byAnyAttention = Attention.apply(anyAttention, { heads: 4 })(tokens);

export type Attentions = [
  Expect<Equal<typeof attention, Attention.Params<64>>>,
  Expect<Equal<typeof attention.input.weight, Tensor<readonly [64, 192]>>>,
  Expect<Equal<typeof attended, Tensor<readonly [Batch, 12, 64], "f32">>>,
  Expect<Equal<typeof attendedPiped, Tensor<readonly [Batch, 12, 64], "f32">>>,
  Expect<Equal<typeof crossed, Tensor<readonly [Batch, 12, 64], "f32">>>,
  Expect<Equal<typeof attendedBare, Tensor>>,
  Expect<Equal<typeof byAnyAttention, Tensor<readonly number[], "f32">>>,
];

declare const photos: Tensor<readonly [Batch, 96, 128, 4], "f32">;

const filters = Conv.init(from, { channels: 4, filters: 16, size: 3 });
const grouped = Conv.init(from, { channels: 4, filters: 16, size: [5, 3], groups: 2 });
const taps = Conv.init(from, { channels: 64, filters: n, size: [7] });
const anyFilters: Conv.Params = filters;

const convolved = Conv.apply(filters, { stride: 2, pad: "same" })(photos);
const convolvedPiped = pipe(photos, Conv.apply(grouped, { groups: 2 }), relu);
const ofSeries = Conv.apply(taps)(tokens);
const convolvedBare = Conv.apply(filters)(bare);
const byAnyFilters = Conv.apply(anyFilters, { groups: n })(photos);

export type Convolutions = [
  Expect<Equal<typeof filters.weight, Tensor<readonly [3, 3, 4, 16]>>>,
  Expect<Equal<typeof grouped.weight, Tensor<readonly [5, 3, 2, 16]>>>,
  Expect<Equal<typeof taps.weight, Tensor<readonly [7, 64, number]>>>,
  Expect<Equal<typeof convolved, Tensor<readonly [Batch, number, number, 16], "f32">>>,
  Expect<Equal<typeof convolvedPiped, Tensor<readonly [Batch, number, number, 16], "f32">>>,
  Expect<Equal<typeof ofSeries, Tensor<readonly [Batch, number, number], "f32">>>,
  Expect<Equal<typeof convolvedBare, Tensor<readonly [number, number, number, 16]>>>,
  Expect<Equal<typeof byAnyFilters, Tensor<readonly number[], "f32">>>,
];

declare const graph: Tensor<readonly [156, 156], "f32">;
declare const batchOfGraphs: Tensor<readonly [Batch, 156, 156], "f32">;
declare const sparse: Csr<156, 156>;
declare const edges: Graph.Edges;
declare const nodes: Tensor<readonly [156, 8], "f32">;

const gcn = Gcn.init(from, { inputs: 8, outputs: 32 });
const mixing = GraphConvolution.init(from, { inputs: 8, outputs: 32, adjacencies: 2 });

const heard = Gcn.apply(gcn, graph)(nodes);
const heardInBatch = Gcn.apply(gcn, batchOfGraphs)(nodes);
const heardSparsely = pipe(nodes, Gcn.apply(gcn, sparse), relu);
const heardOverEdges = Gcn.apply(gcn, edges)(nodes);
const heardBare = Gcn.apply(gcn, graph)(bare);
const both = pipe(nodes, GraphConvolution.apply(mixing, [graph, batchOfGraphs]));
const bothForms = pipe(nodes, GraphConvolution.apply(mixing, [graph, sparse]));
const anyNumber = GraphConvolution.apply(mixing, [] as readonly Graph.Adjacency[])(nodes);

export type Graphs = [
  Expect<Equal<typeof gcn, Gcn.Params<8, 32>>>,
  Expect<Equal<typeof mixing, GraphConvolution.Params<8, 32>>>,
  Expect<Equal<typeof heard, Tensor<readonly [156, 32], "f32">>>,
  Expect<Equal<typeof heardInBatch, Tensor<readonly [Batch, 156, 32], "f32">>>,
  Expect<Equal<typeof heardSparsely, Tensor<readonly [156, 32], "f32">>>,
  Expect<Equal<typeof heardOverEdges, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof heardBare, Tensor>>,
  Expect<Equal<typeof both, Tensor<readonly [Batch, 156, 32], "f32">>>,
  Expect<Equal<typeof bothForms, Tensor<readonly [156, 32], "f32">>>,
  Expect<Equal<typeof anyNumber, Tensor<readonly number[], "f32">>>,
];
