// The layers of cases_graph.py: the adjacency is made from pairs and weights, in the form that the case names.

import type { Tensor } from "../../src/index.ts";
import { atStep } from "../../src/models/spatiotemporal/model/callGraph.ts";
import * as Tgcn from "../../src/models/spatiotemporal/model/tgcn.ts";
import {
  DiffusionConvolution,
  Gcn,
  Graph,
  GraphAttention,
  GraphSage,
  Linear,
} from "../../src/nn/index.ts";
import type { Application } from "./applications.ts";

/** What every case of graphs has, and some of what only some have. */
interface GraphOptions {
  readonly pairs: readonly Graph.Pair[];
  readonly nodes: number;
  readonly form: "dense" | "edges" | "csr";
  readonly selfLoops?: number;
  readonly aggregator?: "mean" | "max";
  readonly combine?: "concat" | "mean";
  readonly slope?: number;
}

type GraphCase = (options: GraphOptions, a: Graph.Adjacency, inputs: readonly Tensor[]) => Tensor;

const onGraph =
  (run: GraphCase): Application =>
  (options, [weights, ...inputs]) => {
    const given = options as unknown as GraphOptions; // cases_graph.py writes it
    const edges = Graph.edges({ nodes: given.nodes })(given.pairs, weights as Tensor);
    const forms = { dense: Graph.toDense, edges: () => edges, csr: Graph.toCsr };
    return run(given, forms[given.form](edges), inputs);
  };

const denseOf = (a: Graph.Adjacency): Tensor =>
  "listeners" in a ? Graph.toDense(a) : (a as Tensor); // of these two

const loopsOf = ({ selfLoops = 0 }: GraphOptions): Graph.NormaliseOptions => ({ selfLoops });

/** By the name of the op in the case. */
export const graphApplications: Readonly<Record<string, Application>> = {
  graphSymmetric: onGraph((options, a) => denseOf(Graph.symmetric(loopsOf(options))(a))),
  graphRandomWalk: onGraph((options, a) => denseOf(Graph.randomWalk(loopsOf(options))(a))),
  graphGcn: onGraph((options, a, [h, weight, bias]) =>
    Gcn.apply(
      { weight, bias } as Gcn.Params, // the case has both
      Graph.symmetric(loopsOf(options))(a),
    )(h as Tensor),
  ),
  graphSage: onGraph(({ aggregator = "mean" }, a, [h, self, neighbours, bias]) =>
    GraphSage.apply({ self, neighbours, bias } as GraphSage.Params, a, { aggregator })(h as Tensor),
  ),
  graphAttention: onGraph(
    ({ combine = "concat", slope = 0.2 }, a, [h, weight, listener, speaker, bias]) => {
      const params = { weight, listener, speaker, bias } as GraphAttention.Params; // the case has all
      return GraphAttention.apply(params, a, { combine, slope })(h as Tensor);
    },
  ),
  graphDiffusion: onGraph((_, a, [h, weight, bias]) =>
    DiffusionConvolution.apply({ weight, bias } as DiffusionConvolution.Params, a)(h as Tensor),
  ),
  tgcn: onGraph((_, a, [x, ...weights]) => {
    const [gates, candidate, head] = [0, 2, 4].map((at) => ({
      weight: weights[at],
      bias: weights[at + 1],
    })) as [Linear.Params, Linear.Params, Linear.Params]; // the case has all
    const all = Graph.symmetric()(denseOf(a));
    if (all.shape.length === 2)
      return Tgcn.apply({ cell: { gates, candidate }, head }, all)(x as Tensor);
    const last = Tgcn.lastState({ gates, candidate }, (step) => atStep(all, step), all);
    return Linear.apply(head)(last(x as Tensor));
  }),
};
