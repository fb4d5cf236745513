// Which kernels get an entry point of ours, by size. On a card the threads of a group are what the card is made of, and sharing pays almost
// always; a processor that pretends to be a card has to act out every barrier. `npm run bench:entries` measures both ways; docs/performance.md
// has the table. The choice depends on nothing that differs from run to run, so that equal runs give equal bits.

import type { Kernel } from "../../../kernel/kernel.ts";
import { sharingAsked } from "../card/asked.ts";
import type { EntryPoint } from "./kernels.ts";
import { rowsEntry } from "./rows.ts";
import type { Opened } from "./session.ts";
import { tilesEntry } from "./tiles.ts";

/** When to share work among the threads of a group. */
export interface Tuning {
  /** Whether to tile a product of `rows` × `columns`, each a sum of so many terms. */
  readonly tiles: (rows: number, columns: number, terms: number) => boolean;
  /** Whether to read each of `count` rows of so many elements by a group. */
  readonly rows: (count: number, length: number) => boolean;
}

/** For graphics cards; these bounds were not measured one by one. A tile is half full at least, and a row gives each thread something to do. */
const forCards: Tuning = {
  tiles: (rows, columns, terms) => rows >= 16 && columns >= 16 && terms >= 16,
  rows: (count, length) => length >= 256 || (length >= 64 && count <= 4096),
};

/** For software rasterisers, measured on SwiftShader: tiles win from 64³ multiplications on unless sums are short, rows never. */
const forSoftware: Tuning = {
  tiles: (rows, columns, terms) =>
    forCards.tiles(rows, columns, terms) && terms >= 32 && rows * columns * terms >= 2 ** 18,
  rows: () => false,
};

const always: Tuning = { tiles: () => true, rows: () => true };
const never: Tuning = { tiles: () => false, rows: () => false };

const asked = (): Tuning | undefined => {
  const word = sharingAsked();
  return word === undefined ? undefined : { always, never }[word];
};

/** The entry point for a kernel that had better not be one thread an element; none where that is as good. */
export const chooseEntry = (
  kernel: Kernel,
  { adapter, device }: Pick<Opened, "adapter" | "device">,
): EntryPoint | undefined => {
  const tuning = asked() ?? (adapter.isSoftware === true ? forSoftware : forCards);
  return tilesEntry(kernel, device.limits, tuning.tiles) ?? rowsEntry(kernel, tuning.rows);
};
