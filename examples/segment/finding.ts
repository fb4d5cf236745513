// What a network finds in pictures of any size, one by one.

import { ready, tensor, values } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";

/** The class of each pixel of a picture [height · width]. */
export type Find = (picture: Segmentation.Picture) => Promise<Uint8Array>;

/** What finds the classes of pixels by a network; it compiles once for each size. */
export const finderFor = (
  { network, config, standard }: Segmentation.SavedNetwork,
  device: string | undefined,
): Find => {
  const predict = Segmentation.predictorFor({
    config,
    standard,
    device,
  });
  return async ({ height, width, pixels }) => {
    const images = tensor(pixels, { dtype: "u8", shape: [1, height, width, 3] });
    return Uint8Array.from(values(await ready(predict(network, images))));
  };
};
