// A directed graph in layers: callers to the left of what they call, neighbours near each other. The steps of Sugiyama, Tagawa &
// Toda, "Methods for visual understanding of hierarchical system structures", 1981: cycles are broken, layers are longest
// paths, the order within a layer follows the mean place of neighbours, and nodes change places where fewer edges cross then.

/** An edge as the positions of its ends. */
export type Edge = readonly [from: number, to: number];

/** Where a node is. */
export interface Place {
  /** From the left, 0, 1, 2, … */
  readonly layer: number;
  /** From the top, 0, 1, 2, … within the layer. */
  readonly position: number;
}

/** The nodes of each layer, from the top. */
type Layers = readonly (readonly number[])[];

const sweeps = 8;

/** The place of each of `count` nodes. Edges that close a cycle do not count for the layers. */
export const layersOf = (count: number, edges: readonly Edge[]): readonly Place[] => {
  const nodes = [...Array(count).keys()];
  const layer = longestPaths(nodes, forwardEdges(nodes, edges));
  const layers = [...Array(Math.max(0, ...layer) + 1).keys()].map((level) =>
    nodes.filter((node) => layer[node] === level),
  );
  const neighbours = nodes.map((node) =>
    edges.flatMap(([from, to]) => (from === node ? [to] : to === node ? [from] : [])),
  );
  let ordered: Layers = layers;
  for (let i = 0; i < sweeps; i++)
    ordered = ordered.map((_, level) => sweep(ordered, level, neighbours));
  ordered = uncrossed(ordered, edges);
  return nodes.map((node) => {
    const level = layer[node] as number; // one of each node
    return { layer: level, position: (ordered[level] as readonly number[]).indexOf(node) };
  });
};

/** The edges without those that lead back to a node on the way to them, and without loops. */
const forwardEdges = (nodes: readonly number[], edges: readonly Edge[]): readonly Edge[] => {
  const kept: Edge[] = [];
  const state = new Map<number, "open" | "done">();
  const visit = (node: number): void => {
    state.set(node, "open");
    for (const edge of edges) {
      if (edge[0] !== node || state.get(edge[1]) === "open") continue;
      kept.push(edge);
      if (!state.has(edge[1])) visit(edge[1]);
    }
    state.set(node, "done");
  };
  // From the callers that nobody calls, so that a cycle is entered where a reader would enter it.
  const isCalled = new Set(edges.flatMap(([from, to]) => (from === to ? [] : [to])));
  const roots = nodes.filter((node) => !isCalled.has(node));
  for (const node of [...roots, ...nodes]) if (!state.has(node)) visit(node);
  return kept;
};

/** For each node the number of edges on the longest way to it; the edges have no cycle. */
const longestPaths = (nodes: readonly number[], edges: readonly Edge[]): readonly number[] => {
  const found = nodes.map(() => 0);
  for (const _ of nodes)
    for (const [from, to] of edges)
      found[to] = Math.max(found[to] as number, (found[from] as number) + 1);
  return found;
};

/** A layer in the order of the mean relative height of its nodes' neighbours. */
const sweep = (
  layers: Layers,
  level: number,
  neighbours: readonly (readonly number[])[],
): number[] => {
  const heights = heightsIn(layers);
  const heightOf = (node: number): number => heights.get(node) as number; // layers hold all nodes
  const wish = (node: number): number => {
    const near = neighbours[node] as readonly number[]; // one of each node
    return near.length === 0
      ? heightOf(node)
      : near.reduce((sum, other) => sum + heightOf(other), 0) / near.length;
  };
  return [...(layers[level] as readonly number[])].sort((a, b) => wish(a) - wish(b) || a - b);
};

/** How high each node is, as a part of the height of its layer. */
const heightsIn = (layers: Layers): ReadonlyMap<number, number> =>
  new Map(
    layers.flatMap((nodes) => nodes.map((node, i) => [node, (i + 0.5) / nodes.length] as const)),
  );

// The crossings are counted again for each two neighbours, in time quadratic in the edges.
const mostEdges = 150;

/** The layers after neighbours changed places wherever that takes away crossings. */
const uncrossed = (layers: Layers, edges: readonly Edge[]): Layers => {
  if (edges.length > mostEdges) return layers;
  let best = layers;
  let least = crossingsIn(best, edges);
  let isBetter = true;
  while (isBetter) {
    isBetter = false;
    for (const changed of swapsOf(best)) {
      const count = crossingsIn(changed, edges);
      if (count >= least) continue;
      [best, least, isBetter] = [changed, count, true];
      break;
    }
  }
  return best;
};

/** The layers with two neighbours changed, for all neighbours. */
const swapsOf = (layers: Layers): readonly Layers[] =>
  layers.flatMap((nodes, level) =>
    nodes.slice(1).map((node, i) => {
      const changed = nodes.with(i, node).with(i + 1, nodes[i] as number); // i + 1 is an index
      return layers.with(level, changed);
    }),
  );

/** How many edges cross, drawn as straight lines. */
export const crossingsIn = (layers: Layers, edges: readonly Edge[]): number => {
  const heights = heightsIn(layers);
  const layer = new Map(layers.flatMap((nodes, level) => nodes.map((node) => [node, level])));
  const point = (node: number): Point => [layer.get(node) ?? 0, heights.get(node) ?? 0];
  const segments = edges.map(([from, to]) => [point(from), point(to)] as const);
  let count = 0;
  segments.forEach(([a, b], i) => {
    for (const [c, d] of segments.slice(i + 1))
      if (turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0) count++;
  });
  return count;
};

type Point = readonly [x: number, y: number];

/** Above 0 where c lies on one side of the line from a to b, below 0 on the other. */
const turn = ([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number =>
  (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
