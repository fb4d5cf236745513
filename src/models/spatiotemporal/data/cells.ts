// Measurements as they come from rows in any order, gathered by time and node. What is kept are a sum
// and a count for each cell, which is in proportion to the series that comes of it.

/** The cells of one time. */
export interface Block {
  /** Where the first row of this time is. */
  readonly file: string;
  readonly line: number;
  /** [node, feature] */
  sums: Float64Array;
  /** Numbers in each sum, [node, feature]. */
  counts: Uint32Array;
  /** Rows of each node, with or without numbers in them. */
  rows: Uint32Array;
}

/** Measurements by time and node. */
export interface Cells {
  readonly features: number;
  /** The index of each node, in the order in which they were met. */
  readonly nodes: ReadonlyMap<string, number>;
  /** The cells of each time in milliseconds. */
  readonly blocks: ReadonlyMap<number, Block>;
  /** The index of a node, a new one for a new name. */
  readonly node: (name: string) => number;
  /** The cells at a time, with room for a node; the place is kept for a new time. */
  readonly block: (time: number, node: number, file: string, line: number) => Block;
}

/** No measurements yet. */
export const makeCells = (features: number): Cells => {
  const nodes = new Map<string, number>();
  const blocks = new Map<number, Block>();
  const node = (name: string): number => {
    const known = nodes.get(name);
    if (known !== undefined) return known;
    nodes.set(copyOf(name), nodes.size);
    return nodes.size - 1;
  };
  const block = (time: number, node: number, file: string, line: number): Block => {
    const known = blocks.get(time);
    const found = known ?? newBlock(file, line, nodes.size, features);
    if (known === undefined) blocks.set(time, found);
    if (node >= found.rows.length) widen(found, nodes.size, features);
    return found;
  };
  return { features, nodes, blocks, node, block };
};

const newBlock = (file: string, line: number, nodes: number, features: number): Block => ({
  file,
  line,
  sums: new Float64Array(nodes * features),
  counts: new Uint32Array(nodes * features),
  rows: new Uint32Array(nodes),
});

/** Makes room for more nodes, and some to come. */
const widen = (block: Block, atLeast: number, features: number): void => {
  const nodes = Math.max(atLeast, Math.ceil(block.rows.length * 1.5));
  const wider = newBlock(block.file, block.line, nodes, features);
  wider.sums.set(block.sums);
  wider.counts.set(block.counts);
  wider.rows.set(block.rows);
  Object.assign(block, { sums: wider.sums, counts: wider.counts, rows: wider.rows });
};

/** Adds a number to a cell. */
export const addTo = (
  { sums, counts }: Block,
  features: number,
  node: number,
  feature: number,
  value: number,
): void => {
  const cell = node * features + feature;
  sums[cell] = (sums[cell] as number) + value; // the block has room for the node
  counts[cell] = (counts[cell] as number) + 1;
};

/**
 * A string with characters of its own. A field is a view of the piece of the file that it was cut
 * from, and V8 keeps that whole piece as long as the field.
 */
export const copyOf = (text: string): string => textOf.decode(bytesOf.encode(text));

const bytesOf = new TextEncoder();
const textOf = new TextDecoder("utf-8", { ignoreBOM: true });
