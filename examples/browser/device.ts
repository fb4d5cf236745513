// Which device the page trains on.

import * as E from "fp-ts/lib/Either.js";
import { type DeviceInfo, openDevice, printProblem } from "../../src/index.ts";
import { type Checkpoint, makeTrainer, type Trainer } from "./trainer.ts";

/**
 * Opens a device; `gpu` and `auto` take a software rasteriser only if allowed. For `auto`, a step from the checkpoint is timed on the
 * graphics card and on the host, and the faster is taken. Rejects where the device cannot run here.
 */
export const open = async (
  name: string,
  { allowSoftware, from }: { readonly allowSoftware: boolean; readonly from: Checkpoint },
): Promise<DeviceInfo> => {
  const timed = new Map<string, Trainer>();
  const work = async (device: string): Promise<void> => {
    const trainer = timed.get(device) ?? makeTrainer(device, from);
    timed.set(device, trainer);
    await trainer.step();
  };
  const opened = await openDevice(name, { allowSoftware, ...(name === "auto" && { work }) })();
  if (E.isLeft(opened)) throw new Error(printProblem(opened.left));
  return opened.right;
};
