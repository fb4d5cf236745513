// Plans for people: a table of kernels and bytes, and a graph in Mermaid or Graphviz text.

import { kernelCounts, type Plan, type PlanBuffer } from "./plan.ts";

/** Bytes as text: `1.5 MB`. */
export const printBytes = (bytes: number): string => {
  const units = ["B", "kB", "MB", "GB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toPrecision(3)} ${units[power]}`;
};

const sum = (buffers: readonly PlanBuffer[]): number =>
  buffers.reduce((total, { bytes }) => total + bytes, 0);

/** A table: how many kernels run, which, and what memory they need. */
export const printPlan = (plan: Plan): string => {
  const ofKind = (kind: PlanBuffer["kind"]) =>
    plan.buffers.filter((buffer) => buffer.kind === kind);
  const counts = kernelCounts(plan);
  const rows = counts.map(({ kernel, count }) => [
    `${count}×`,
    kernel.label,
    `${kernel.output.dtype}[${kernel.axes.map(({ size }) => size).join(", ")}]`,
    `${kernel.inputs.length} in`,
  ]);
  const widths = [0, 1, 2].map((column) =>
    Math.max(0, ...rows.map((row) => (row[column] as string).length)),
  );
  const temporaries = ofKind("temporary");
  return [
    `${plan.steps.length} kernels, ${counts.length} distinct; peak ${printBytes(plan.peakBytes)}`,
    `inputs ${printBytes(sum(ofKind("input")))}, outputs ${printBytes(sum(ofKind("output")))}, temporaries ${printBytes(sum(temporaries))} in ${printBytes(plan.arenaBytes)}`,
    ...rows.map((row) =>
      `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd(),
    ),
  ].join("\n");
};

const escapeLabel = (text: string): string => text.replace(/["<>]/g, "'");

const edgesOf = (
  plan: Plan,
): { readonly from: string; readonly to: string; readonly bytes: number }[] => {
  const maker = new Map<number, string>(plan.inputs.map((id, i) => [id, `in${i}`]));
  const edges = plan.steps.flatMap((step, at) => {
    const incoming = step.inputs.map((id) => ({
      from: maker.get(id) ?? "?",
      to: `k${at}`,
      bytes: (plan.buffers[id] as PlanBuffer).bytes,
    }));
    maker.set(step.output, `k${at}`);
    return incoming;
  });
  const outgoing = plan.outputs.map((id, i) => ({
    from: maker.get(id) ?? "?",
    to: `out${i}`,
    bytes: (plan.buffers[id] as PlanBuffer).bytes,
  }));
  return [...edges, ...outgoing];
};

/** The plan as a picture: Mermaid text for Markdown pages, or Graphviz text for `dot`. */
export const drawPlan = (plan: Plan, format: "mermaid" | "graphviz" = "mermaid"): string => {
  const nodes = [
    ...plan.inputs.map((id, i) => ({
      name: `in${i}`,
      label: `input ${i}: ${plan.buffers[id]?.dtype}[${plan.buffers[id]?.size}]`,
    })),
    ...plan.steps.map(({ kernel }, at) => ({ name: `k${at}`, label: kernel.label })),
    ...plan.outputs.map((_, i) => ({ name: `out${i}`, label: `output ${i}` })),
  ];
  const edges = edgesOf(plan);
  return format === "mermaid"
    ? [
        "graph TD",
        ...nodes.map(({ name, label }) => `  ${name}["${escapeLabel(label)}"]`),
        ...edges.map(({ from, to, bytes }) => `  ${from} -->|${printBytes(bytes)}| ${to}`),
      ].join("\n")
    : [
        "digraph plan {",
        ...nodes.map(({ name, label }) => `  ${name} [label="${escapeLabel(label)}"];`),
        ...edges.map(({ from, to, bytes }) => `  ${from} -> ${to} [label="${printBytes(bytes)}"];`),
        "}",
      ].join("\n");
};
