// What a browser runs in place of test/devices/<device>.test.ts: a function that opens a device, runs suites on it, and says how it went.
// tools/chromium bundles it, with what Node would bring replaced.

import "./deferUvu.ts";
import "./contexts.ts";
import { exec } from "uvu";
import { selectDevice } from "../../src/core/device/select.ts";
import * as P from "../../src/index.ts";
import { bitsOf } from "./bits.ts";
import { type Held, type TrainOptions, train } from "./leak.ts";
import { type SuiteName, suites } from "./suites.ts";

const run = async (device: P.DeviceName, names: readonly SuiteName[]): Promise<P.DeviceInfo> => {
  const reason = await selectDevice(device).open?.({ allowSoftware: true });
  if (reason !== undefined) throw new Error(`${device}: ${reason}`);
  for (const name of names) suites[name](device);
  await exec();
  return P.deviceInfo(device);
};

declare global {
  /** Set by the test that watches. */
  var afterPart: (held: Held) => Promise<void>;
}

const runLeak = async (device: P.DeviceName, options: TrainOptions): Promise<readonly Held[]> => {
  const reason = await selectDevice(device).open?.({ allowSoftware: true });
  if (reason !== undefined) throw new Error(`${device}: ${reason}`);
  return train(device, options, globalThis.afterPart);
};

Object.assign(globalThis, { runSuites: run, runLeak, runBits: bitsOf });
