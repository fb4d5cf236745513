// The masks of CamVid as the data set of PULLBACK_DATA has them: a folder of PNG files of 8 bits a pixel.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decode } from "fast-png";

/** The classes that count; the label 11 is for what is none of them. */
export const camvidClasses = 11;

/** The labels of each mask of a folder such as `"quarter_120x90/trainannot"`, row by row. */
export const camvidMasks = (camvid: string, folder: string): readonly Uint8Array[] =>
  readdirSync(join(camvid, folder))
    .filter((file) => file.endsWith(".png"))
    .sort()
    .map((file) => {
      const { data, channels, depth } = decode(readFileSync(join(camvid, folder, file)));
      if (!(data instanceof Uint8Array) || channels !== 1 || depth !== 8)
        throw new Error(`${file}: one channel of 8 bits expected, got ${channels} of ${depth}`);
      return data;
    });
