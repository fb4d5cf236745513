// What sums over windows and their gradients have in common: units of tiles, each of 2 × 2 positions, and the transformed images of a unit.

import { type Axis, axis } from "../../../kernel/expr.ts";
import { parameters } from "../parameters.ts";
import type { FunctionBuilder, Local } from "../wasm/function.ts";
import { addressAt, advance, setRange } from "./pointers.ts";
import { type PlainOperand, strideOf } from "./recognise.ts";
import { transformImages } from "./transforms.ts";

/** Bytes of a vector, and of an element. */
export const [vector, element] = [16, 4];

/** The number of a point. */
export const pointAt = (row: number, column: number): number => 4 * row + column;

/** Tiles of the unit that is being computed. */
export class UnitTiles {
  readonly #f: FunctionBuilder;
  /** Where its positions begin and end. */
  readonly firstY: Local<"i32">;
  readonly endY: Local<"i32">;
  readonly firstX: Local<"i32">;
  readonly endX: Local<"i32">;
  /** Tiles down, across, and all. */
  readonly rows: Local<"i32">;
  readonly columns: Local<"i32">;
  readonly count: Local<"i32">;

  constructor(f: FunctionBuilder) {
    this.#f = f;
    this.firstY = f.local("i32");
    this.endY = f.local("i32");
    this.firstX = f.local("i32");
    this.endX = f.local("i32");
    this.rows = f.local("i32");
    this.columns = f.local("i32");
    this.count = f.local("i32");
  }

  /** Writes which tiles the unit has, given the variables of its axes. */
  begin(variables: ReadonlyMap<Axis, Local<"i32">>, cut: UnitCut): void {
    const f = this.#f;
    const { y, x, down, across, tilesDown, tilesAcross } = cut;
    const unitOf = (of: Axis): Local<"i32"> => variables.get(of) as Local<"i32">; // one for each unit axis
    setRange(f, [this.firstY, this.endY], unitOf(down), 2 * tilesDown, y.size);
    setRange(f, [this.firstX, this.endX], unitOf(across), 2 * tilesAcross, x.size);
    this.#countTiles(this.rows, this.firstY, this.endY);
    this.#countTiles(this.columns, this.firstX, this.endX);
    f.set(this.count, f.op("i32.mul", f.get(this.rows), f.get(this.columns)));
  }

  /** Tiles from one position to another, half ones too. */
  #countTiles(count: Local<"i32">, first: Local<"i32">, end: Local<"i32">): void {
    const f = this.#f;
    const length = () => f.op("i32.sub", f.get(end), f.get(first));
    f.set(count, f.op("i32.shr_u", f.op("i32.add", length(), f.i32(1)), f.i32(1)));
  }

  /** Writes a loop over the tiles, row by row. */
  each(body: (row: Local<"i32">, column: Local<"i32">) => void): void {
    const f = this.#f;
    const [row, column] = [f.local("i32"), f.local("i32")];
    f.for(row, 0, this.rows, 1, () => {
      f.for(column, 0, this.columns, 1, () => body(row, column));
    });
    f.release(row);
    f.release(column);
  }
}

/** How positions are cut into units. */
export interface UnitCut {
  readonly y: Axis;
  readonly x: Axis;
  /** Axes of units down and across. */
  readonly down: Axis;
  readonly across: Axis;
  /** Tiles of a unit down and across. */
  readonly tilesDown: number;
  readonly tilesAcross: number;
  /** Tiles for which there is space: a multiple of four. */
  readonly tiles: number;
}

/** Tiles of a unit down and across, of all there are, where so many fit. */
export const cutTiles = (
  rows: number,
  columns: number,
  fitting: number,
): Omit<UnitCut, "y" | "x"> => {
  const tilesAcross = Math.ceil(columns / Math.ceil(columns / fitting));
  const tilesDown = Math.max(1, Math.min(rows, Math.floor(fitting / tilesAcross)));
  return {
    ...{ tilesDown, tilesAcross, tiles: 4 * Math.ceil((tilesAcross * tilesDown) / 4) },
    down: axis(Math.ceil(rows / tilesDown)),
    across: axis(Math.ceil(columns / tilesAcross)),
  };
};

/** An operand whose elements at the tiles of a unit are transformed: its channels are neighbours. */
export interface Source {
  readonly operand: PlainOperand;
  readonly y: Axis;
  readonly x: Axis;
  readonly others: readonly Axis[];
  readonly channels: number;
  /** From point to point of what is written, and from tile to tile, in bytes. */
  readonly pointBytes: number;
  readonly tileBytes: number;
}

/** Writes the transformation of all tiles of a unit: for each point all tiles, and the channels of each side by side. */
export const writeTransformed = (
  f: FunctionBuilder,
  unit: UnitTiles,
  variables: ReadonlyMap<Axis, Local<"i32">>,
  { operand, y, x, others, channels, pointBytes, tileBytes }: Source,
  target: Local<"i32">,
  transform: typeof transformImages = transformImages,
): void => {
  const stride = (over: Axis): number => element * strideOf(operand, over);
  const start = addressAt(
    f,
    f.param(parameters.inputs + operand.slot),
    element * operand.base,
    ...others.map((it) => [variables.get(it) as Local<"i32">, stride(it)] as const),
    [unit.firstY, stride(y)],
    [unit.firstX, stride(x)],
  );
  const tile = f.let(f.get(target));
  const k = f.local("i32");
  unit.each((row, column) => {
    const from = addressAt(f, start, 0, [row, 2 * stride(y)], [column, 2 * stride(x)]);
    const to = f.let(f.get(tile));
    f.for(k, 0, channels, vector / element, () => {
      transform(
        f,
        (i, j) => f.memory("v128.load", i * stride(y) + j * stride(x), f.get(from)),
        (i, j, push) => {
          const at = f.get(to);
          f.memory("v128.store", pointAt(i, j) * pointBytes, at, push());
        },
      );
      advance(f, from, vector);
      advance(f, to, vector);
    });
    advance(f, tile, tileBytes);
    f.release(from);
    f.release(to);
  });
  for (const local of [start, tile, k]) f.release(local);
};
