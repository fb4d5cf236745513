// Gradients of filters as code: units of tiles are transformed and multiplied point by point into the sums of a part; then the sums of all parts are
// added and transformed back, followed by what the kernel does with them. Parts do not depend on threads, so that results do not either.

import { linear } from "../../../kernel/affine.ts";
import { pointsOf } from "../../../kernel/contraction.ts";
import { axis } from "../../../kernel/expr.ts";
import type { EmitContext } from "../emit/emitter.ts";
import { parameters } from "../parameters.ts";
import { type Sharing, unitVariables, workOf } from "../units.ts";
import type { FunctionBuilder, Local, Pushed } from "../wasm/function.ts";
import { tileRows } from "./blocking.ts";
import { epilogueOf } from "./epilogue.ts";
import { addressAt, advance } from "./pointers.ts";
import { writeTile } from "./tile.ts";
import { transformGradients, transformSums } from "./transforms.ts";
import type { WindowGradientsPlan } from "./windowGradients.ts";
import { panelWidth, points } from "./windows.ts";
import { element, pointAt, UnitTiles, vector, writeTransformed } from "./windowTiles.ts";

/** Writes the code that adds up the parts: units of work are parts. */
export const emitParts = (plan: WindowGradientsPlan, { f }: EmitContext): Sharing => {
  const { parts, units, partBytes } = plan;
  const unitTiles = new UnitTiles(f);
  const count = pointsOf(units);
  const [part, unit, end, isFirst] = [
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
  ];
  const share = (ahead: number): Pushed<"i32"> => {
    const through = f.op("i32.mul", f.op("i32.add", f.get(part), f.i32(ahead)), f.i32(count));
    return f.op("i32.div_u", through, f.i32(parts));
  };
  f.for(part, f.param(parameters.begin), f.param(parameters.end), 1, () => {
    const sums = addressAt(f, f.param(parameters.packed), 0, [part, partBytes]);
    f.set(isFirst, f.i32(1));
    f.set(end, share(1));
    f.for(
      unit,
      () => share(0),
      end,
      1,
      () => {
        const variables = unitVariables(f, unit, units);
        unitTiles.begin(variables, plan);
        writeUnit(f, plan, unitTiles, variables);
        multiply(f, plan, unitTiles.count, sums, isFirst);
        f.set(isFirst, f.i32(0));
      },
    );
    f.release(sums);
  });
  return { units: parts, work: workOf(plan.nest), scratchBytes: plan.scratchBytes };
};

/** Transforms the images of a unit and the gradients of its results: for each point all tiles, and channels or filters side by side. */
const writeUnit = (
  f: FunctionBuilder,
  {
    images,
    gradients,
    y,
    x,
    others,
    channel,
    filter,
    width,
    tiles,
    imagesBytes,
  }: WindowGradientsPlan,
  unit: UnitTiles,
  variables: Parameters<typeof writeTransformed>[2],
): void => {
  const source = (operand: typeof images, channels: number, tileBytes: number) => ({
    ...{ operand, y, x, others, channels, tileBytes, pointBytes: tiles * tileBytes },
  });
  const scratch = f.param(parameters.scratch);
  writeTransformed(
    f,
    unit,
    variables,
    source(images, channel.size, element * channel.size),
    scratch,
  );
  const behind = f.let(f.op("i32.add", f.get(scratch), f.i32(imagesBytes)));
  const ofGradients = source(gradients, filter.size, element * width);
  writeTransformed(f, unit, variables, ofGradients, behind, transformGradients);
  f.release(behind);
};

/** Adds, for each point, the product of the images and the gradients of a unit to the sums of a part: channels are rows, filters columns. */
const multiply = (
  f: FunctionBuilder,
  { channel, width, tiles, imagesBytes }: WindowGradientsPlan,
  count: Local<"i32">,
  into: Local<"i32">,
  isFirst: Local<"i32">,
): void => {
  const scratch = f.param(parameters.scratch);
  const images = f.let(f.get(scratch));
  const gradients = f.let(f.op("i32.add", f.get(scratch), f.i32(imagesBytes)));
  const sums = f.let(f.get(into));
  const [point, panel, row] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const turn = axis(tiles); // stands for the tiles, of which there are `count`
  const rowBytes = element * width;
  f.for(point, 0, points, 1, () => {
    const [right, panelSums] = [f.let(f.get(gradients)), f.let(f.get(sums))];
    f.for(panel, 0, width, panelWidth, () => {
      const [left, tileSums] = [f.let(f.get(images)), f.let(f.get(panelSums))];
      f.for(row, 0, channel.size, tileRows, () => {
        writeTile(f, {
          ...{ rows: tileRows, columns: panelWidth, rowBytes, isPadded: true },
          ...{ left, right, sums: tileSums, summed: [turn], turns: count, isFirst },
          leftView: { laneStride: 1, summedStrides: new Map([[turn, channel.size]]) },
          rightView: { summedStrides: new Map([[turn, width]]) },
        });
        advance(f, left, element * tileRows);
        advance(f, tileSums, tileRows * rowBytes);
      });
      advance(f, right, element * panelWidth);
      advance(f, panelSums, element * panelWidth);
      f.release(left);
      f.release(tileSums);
    });
    advance(f, images, element * tiles * channel.size);
    advance(f, gradients, tiles * rowBytes);
    advance(f, sums, channel.size * rowBytes);
    f.release(right);
    f.release(panelSums);
  });
  for (const local of [images, gradients, sums, point, panel, row]) f.release(local);
};

/** Writes the code that adds the parts and transforms the sums back: units of work are channels. */
export const emitGradients = (plan: WindowGradientsPlan, context: EmitContext): Sharing => {
  const { f } = context;
  const { nest, root, taps, channel, filter, width, parts, partBytes } = plan;
  const [row, column] = taps;
  const epilogue = epilogueOf(
    nest,
    {
      root,
      index: linear(0, [
        { atom: row, stride: 3 * width },
        { atom: column, stride: width },
        { atom: filter, stride: 1 },
      ]),
      ...{ size: 9 * width, offset: 0, units: [channel], block: taps, along: filter },
      ranges: new Map(),
    },
    context,
  );
  epilogue.begin();
  const [c, k] = [f.local("i32"), f.local("i32")];
  const rowBytes = element * width;
  f.for(c, f.param(parameters.begin), f.param(parameters.end), 1, () => {
    const from = addressAt(f, f.param(parameters.packed), 0, [c, rowBytes]);
    const to = f.let(f.get(f.param(parameters.scratch)));
    f.for(k, 0, width, vector / element, () => {
      transformSums(
        f,
        (i, j) => {
          const offset = pointAt(i, j) * channel.size * rowBytes;
          let sum = f.memory("v128.load", offset, f.get(from));
          for (let part = 1; part < parts; part++) {
            const next = () => f.memory("v128.load", offset + part * partBytes, f.get(from));
            sum = f.op("f32x4.add", sum, next());
          }
          return sum;
        },
        (i, j, push) => {
          const at = f.get(to);
          f.memory("v128.store", (3 * i + j) * rowBytes, at, push());
        },
      );
      advance(f, from, vector);
      advance(f, to, vector);
    });
    epilogue.unit(new Map([[channel, c]]));
    f.release(from);
    f.release(to);
  });
  const work = parts * points * channel.size * width;
  return { units: channel.size, work, scratchBytes: 9 * rowBytes };
};
