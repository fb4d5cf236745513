// Graphs as data: edges, adjacencies in three forms, and their normalisations.

export {
  type Adjacency,
  addSelfLoops,
  type NormaliseOptions,
  propagate,
  randomWalk,
  reverse,
  symmetric,
} from "./adjacency.ts";
export {
  type Direction,
  type Edges,
  type EdgesOptions,
  edges,
  fromCsr,
  nodesOf,
  type Pair,
  toCsr,
  toDense,
} from "./edges.ts";
