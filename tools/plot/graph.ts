// Who calls whom: services as dots, calls as arrows from left to right.

import type { Frame } from "./charts.ts";
import { type Edge, layersOf } from "./layers.ts";
import type { Picture } from "./picture.ts";
import { Plot, plot } from "./plot.ts";
import { background, categoryColors, ink, muted, sizes } from "./theme.ts";

/** A graph of services. */
export interface ServiceGraph extends Frame {
  readonly names: readonly string[];
  /** Calls as positions in `names`; a service that calls itself has no arrow for it. */
  readonly edges: readonly Edge[];
  /** How thick each arrow is, in any unit; alike without. */
  readonly weights?: readonly number[];
  /** A number for each service, shown as its colour. */
  readonly values?: readonly number[];
  /** What the numbers are, with their unit. */
  readonly label?: string;
}

/** The graph in layers, callers to the left. */
export const serviceGraph = ({
  names,
  edges,
  weights,
  values,
  label,
  ...frame
}: ServiceGraph): Picture => {
  const places = layersOf(names.length, edges);
  const layers = Math.max(0, ...places.map(({ layer }) => layer)) + 1;
  const sizeOf = (layer: number): number => places.filter((it) => it.layer === layer).length;
  const rows = Math.max(...places.map(({ layer }) => sizeOf(layer)));
  const nodes = places.map(({ layer, position }, i) => {
    // Every other layer is a little lower, so that names beside each other do not meet.
    const y = ((position + 0.5) * rows) / sizeOf(layer) + 0.3 * (layer % 2);
    return { name: names[i], x: layer, y, value: values?.[i] };
  });
  const heaviest = Math.max(...(weights ?? [1]));
  const arrows = edges.flatMap(([from, to], i) => {
    const [a, b] = [nodes[from], nodes[to]];
    if (a === undefined || b === undefined || a === b) return [];
    const width = 1 + (weights === undefined ? 0.5 : (3 * (weights[i] ?? 0)) / heaviest);
    return [{ x1: a.x, y1: a.y, x2: b.x, y2: b.y, width, isLong: Math.abs(b.x - a.x) !== 1 }];
  });
  const arrow = { x1: "x1", y1: "y1", x2: "x2", y2: "y2", stroke: muted, strokeWidth: "width" };
  const look = { ...arrow, insetStart: 10, insetEnd: 12, headLength: 7, strokeOpacity: 0.8 };
  const dot = { x: "x", y: "y", r: 9, stroke: ink };
  const text = { fontSize: sizes.text - 1, stroke: background, strokeWidth: 4, fill: ink, dy: 18 };
  return plot({
    height: 50 + 60 * rows,
    ...frame,
    grid: false,
    marginLeft: 20,
    marginRight: 20,
    marginTop: 12,
    marginBottom: 16,
    x: { axis: null, domain: [-0.5, layers - 0.5] },
    y: { axis: null, domain: [rows + 0.3, 0.2] },
    color: { type: "linear", legend: values !== undefined, ...(label !== undefined && { label }) },
    marks: [
      Plot.arrow(
        arrows.filter(({ isLong }) => !isLong),
        look,
      ),
      Plot.arrow(
        arrows.filter(({ isLong }) => isLong),
        { ...look, bend: 20 },
      ),
      Plot.dot(nodes, { ...dot, fill: values === undefined ? categoryColors[5] : "value" }),
      Plot.text(nodes, { x: "x", y: "y", text: "name", ...text }),
    ],
  });
};
