// Random images with windows that fit into them, and the elements of windows by their definition.

import fc from "fast-check";
import { type Tensor, tensor, values } from "../../src/index.ts";

type Pair = readonly [number, number];

/** Images whose values are all different, with windows that fit. */
export const poolings = fc
  .record({
    batch: fc.integer({ min: 0, max: 2 }),
    plane: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
    size: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    padded: fc.tuple(fc.boolean(), fc.boolean()),
  })
  .map(({ size, padded, ...rest }) => ({
    ...rest,
    options: {
      size: size as Pair,
      stride: rest.stride as Pair,
      pad: size.map((n, at) => (padded[at] ? Math.floor(n / 2) : 0)) as unknown as Pair,
    },
  }))
  .filter(({ plane, options: { size, pad } }) =>
    plane.every((n, at) => n + 2 * (pad[at] as number) >= (size[at] as number)),
  )
  .chain(({ batch, plane: [height, width], options }) => {
    const count = batch * height * width * 2;
    return fc
      .shuffledSubarray(
        Array.from({ length: count }, (_, i) => i - 20),
        { minLength: count, maxLength: count },
      )
      .map((numbers) => ({
        options,
        x: tensor(Float64Array.from(numbers), { shape: [batch, height, width, 2] }),
      }));
  });

/** The elements of each window that lie in the image, with their indices, in the order of the pooled elements. */
export const windowsOf = (
  x: Tensor,
  { size, stride, pad }: { readonly size: Pair; readonly stride: Pair; readonly pad: Pair },
): readonly (readonly { readonly value: number; readonly index: number }[])[] => {
  const [batch, height, width, channels] = x.shape as readonly [number, number, number, number];
  const data = values(x);
  const windows = [];
  for (let n = 0; n < batch; n++)
    for (let top = -pad[0]; top + size[0] <= height + pad[0]; top += stride[0])
      for (let left = -pad[1]; left + size[1] <= width + pad[1]; left += stride[1])
        for (let c = 0; c < channels; c++) {
          const window = [];
          for (let h = Math.max(0, top); h < Math.min(height, top + size[0]); h++)
            for (let w = Math.max(0, left); w < Math.min(width, left + size[1]); w++) {
              const index = h * width + w;
              window.push({
                value: data[(n * height * width + index) * channels + c] as number,
                index,
              });
            }
          windows.push(window);
        }
  return windows;
};
