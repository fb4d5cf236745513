// Sums over windows as code: filters are transformed once, then unit after unit of tiles is transformed, multiplied point by point, and transformed
// back, all in the thread's own memory, followed by what the kernel does with the sums.

import { linear } from "../../../kernel/affine.ts";
import { pointsOf } from "../../../kernel/contraction.ts";
import type { EmitContext } from "../emit/emitter.ts";
import { parameters } from "../parameters.ts";
import { type Sharing, unitVariables, workOf } from "../units.ts";
import type { FunctionBuilder, Local, Pushed } from "../wasm/function.ts";
import { tileRows } from "./blocking.ts";
import { epilogueOf } from "./epilogue.ts";
import { addressAt, advance } from "./pointers.ts";
import { strideOf } from "./recognise.ts";
import { writeTile } from "./tile.ts";
import { transformFilters, transformProducts } from "./transforms.ts";
import { panelWidth, points, type WindowsPlan } from "./windows.ts";
import {
  element,
  pointAt,
  type Source,
  UnitTiles,
  vector,
  writeTransformed,
} from "./windowTiles.ts";

/** Writes the code that transforms filters: for each point and panel, all channels, and the filters of the panel side by side. */
export const emitFilters = (plan: WindowsPlan, { f }: EmitContext): Sharing => {
  const { filters, taps, channel, filter, panels } = plan;
  const offsets = [0, 1, 2].map((row) =>
    [0, 1, 2].map(
      (column) => row * strideOf(filters, taps[0]) + column * strideOf(filters, taps[1]),
    ),
  );
  const lowest = Math.min(...offsets.flat());
  const panelBytes = element * panelWidth * channel.size;
  const stride = strideOf(filters, filter);
  const [c, n] = [f.local("i32"), f.local("i32")];
  f.for(c, f.param(parameters.begin), f.param(parameters.end), 1, () => {
    const from = addressAt(
      f,
      f.param(parameters.inputs + filters.slot),
      element * (filters.base + lowest),
      [c, element * strideOf(filters, channel)],
    );
    const to = addressAt(f, f.param(parameters.packed), 0, [c, element * panelWidth]);
    f.for(n, 0, filter.size, vector / element, () => {
      const read = (row: number, column: number): Pushed<"v128"> => {
        const offset = element * ((offsets[row]?.[column] as number) - lowest);
        if (stride === 1) return f.memory("v128.load", offset, f.get(from));
        const lanes = f.let(f.memory("v128.load32_zero", offset, f.get(from)));
        for (const lane of [1, 2, 3]) {
          const at = offset + element * stride * lane;
          f.set(lanes, f.laneMemory("v128.load32_lane", at, lane, f.get(from), f.get(lanes)));
        }
        f.release(lanes);
        return f.get(lanes);
      };
      transformFilters(f, read, (row, column, push) => {
        const offset = pointAt(row, column) * panels * panelBytes;
        const at = f.get(to);
        f.memory("v128.store", offset, at, push());
      });
      advance(f, from, vector * stride);
      // The second half of a panel, or the first of the next.
      const step = (): Pushed<"i32"> =>
        f.select(
          f.i32(panelBytes - vector),
          f.i32(vector),
          f.op("i32.and", f.get(n), f.i32(vector / element)),
        );
      f.set(to, f.op("i32.add", f.get(to), step()));
    });
    f.release(from);
    f.release(to);
  });
  return { units: channel.size, work: 40 * channel.size * filter.size, scratchBytes: 0 };
};

/** Writes the code of the sums, and of what comes after them. */
export const emitWindows = (plan: WindowsPlan, context: EmitContext): Sharing => {
  const writer = new WindowsWriter(plan, context);
  return { units: writer.write(), work: workOf(plan.nest), scratchBytes: plan.scratchBytes };
};

class WindowsWriter {
  readonly #plan: WindowsPlan;
  readonly #context: EmitContext;
  readonly #f: FunctionBuilder;
  readonly #unit: UnitTiles;

  constructor(plan: WindowsPlan, context: EmitContext) {
    this.#plan = plan;
    this.#context = context;
    const f = context.f;
    this.#f = f;
    this.#unit = new UnitTiles(f);
  }

  /** Writes everything; returns into how many units it can be cut. */
  write(): number {
    const f = this.#f;
    const plan = this.#plan;
    const { y, x, filter, others, down, across, tilesDown, tilesAcross } = plan;
    const units = [...others, down, across];
    const { firstY, endY, firstX, endX } = this.#unit;
    const perRow = 2 * tilesAcross * this.#width;
    const epilogue = epilogueOf(
      plan.nest,
      {
        root: plan.root,
        index: linear(0, [
          { atom: y, stride: perRow },
          { atom: down, stride: -2 * tilesDown * perRow },
          { atom: x, stride: this.#width },
          { atom: across, stride: -2 * tilesAcross * this.#width },
          { atom: filter, stride: 1 },
        ]),
        size: 2 * tilesDown * perRow,
        offset: plan.imagesBytes + plan.productsBytes,
        ...{ units, block: [y, x], along: filter },
        ranges: new Map([
          [y, [firstY, endY]],
          [x, [firstX, endX]],
        ]),
      },
      this.#context,
    );
    epilogue.begin();
    const unit = f.local("i32");
    f.for(unit, f.param(parameters.begin), f.param(parameters.end), 1, () => {
      const variables = unitVariables(f, unit, units);
      this.#unit.begin(variables, plan);
      writeTransformed(f, this.#unit, variables, this.#images, f.param(parameters.scratch));
      this.#products();
      epilogue.unit(variables);
    });
    return pointsOf(units);
  }

  get #images(): Source {
    const { images, y, x, others, channel, tiles } = this.#plan;
    const tileBytes = element * channel.size;
    return {
      ...{ operand: images, y, x, others, channels: channel.size },
      ...{ tileBytes, pointBytes: tiles * tileBytes },
    };
  }

  /** Results side by side: those of all panels. */
  get #width(): number {
    return this.#plan.panels * panelWidth;
  }

  /** Multiplies images and filters point by point, some panels at a time, and transforms the products back. */
  #products(): void {
    const f = this.#f;
    const { panels, panelsAtOnce, channel, imagesBytes, productsBytes } = this.#plan;
    const panelBytes = element * panelWidth * channel.size;
    const products = addressAt(f, f.param(parameters.scratch), imagesBytes);
    const results = addressAt(f, f.param(parameters.scratch), imagesBytes + productsBytes);
    const filters = f.let(f.get(f.param(parameters.packed)));
    const first = f.local("i32");
    f.for(first, 0, panels, panelsAtOnce, () => {
      this.#multiply(filters, products);
      this.#results(products, results);
      advance(f, filters, panelsAtOnce * panelBytes);
      advance(f, results, element * panelsAtOnce * panelWidth);
    });
    for (const local of [products, results, filters, first]) f.release(local);
  }

  /** For each point the product of the images and some panels of filters. */
  #multiply(filters: Local<"i32">, products: Local<"i32">): void {
    const f = this.#f;
    const { panels, panelsAtOnce, channel, tiles } = this.#plan;
    const rowBytes = element * panelsAtOnce * panelWidth;
    const panelBytes = element * panelWidth * channel.size;
    const images = f.let(f.get(f.param(parameters.scratch)));
    const right = f.let(f.get(filters));
    const sums = f.let(f.get(products));
    const [point, panel, tile] = [f.local("i32"), f.local("i32"), f.local("i32")];
    f.for(point, 0, points, 1, () => {
      const [panelRight, panelSums] = [f.let(f.get(right)), f.let(f.get(sums))];
      f.for(panel, 0, panelsAtOnce, 1, () => {
        const [tileLeft, tileSums] = [f.let(f.get(images)), f.let(f.get(panelSums))];
        f.for(tile, 0, this.#unit.count, tileRows, () => {
          writeTile(f, {
            ...{ rows: tileRows, columns: panelWidth, rowBytes, isPadded: true },
            ...{ left: tileLeft, right: panelRight, sums: tileSums },
            leftView: { laneStride: channel.size, summedStrides: new Map([[channel, 1]]) },
            rightView: { summedStrides: new Map([[channel, panelWidth]]) },
            ...{ summed: [channel], turns: channel.size, isFirst: undefined },
          });
          advance(f, tileLeft, element * tileRows * channel.size);
          advance(f, tileSums, tileRows * rowBytes);
        });
        advance(f, panelRight, panelBytes);
        advance(f, panelSums, element * panelWidth);
        f.release(tileLeft);
        f.release(tileSums);
      });
      advance(f, images, element * tiles * channel.size);
      advance(f, right, panels * panelBytes);
      advance(f, sums, tiles * rowBytes);
      f.release(panelRight);
      f.release(panelSums);
    });
    for (const local of [images, right, sums, point, panel, tile]) f.release(local);
  }

  /** Transforms products back, each tile to two rows and two columns of results. */
  #results(products: Local<"i32">, results: Local<"i32">): void {
    const f = this.#f;
    const { panelsAtOnce, tiles, tilesAcross } = this.#plan;
    const width = panelsAtOnce * panelWidth;
    const pointBytes = element * tiles * width;
    const columnBytes = element * this.#width;
    const rowBytes = 2 * tilesAcross * columnBytes;
    const from = f.let(f.get(products));
    const k = f.local("i32");
    this.#unit.each((row, column) => {
      const to = addressAt(f, results, 0, [row, 2 * rowBytes], [column, 2 * columnBytes]);
      f.for(k, 0, width, vector / element, () => {
        transformProducts(
          f,
          (i, j) => f.memory("v128.load", pointAt(i, j) * pointBytes, f.get(from)),
          (i, j, push) => {
            const at = f.get(to);
            f.memory("v128.store", i * rowBytes + j * columnBytes, at, push());
          },
        );
        advance(f, from, vector);
        advance(f, to, vector);
      });
      f.release(to);
    });
    f.release(from);
    f.release(k);
  }
}
