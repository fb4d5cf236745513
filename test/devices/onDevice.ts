// Runs suites on a device in this process, or skips them with the reason why it cannot be opened here.

import type { DeviceName } from "../../src/index.ts";
import { openForTests } from "../support/devices.ts";
import { suite } from "../support/suite.ts";
import { type SuiteName, suites } from "./suites.ts";

/** Declares suites on a device. */
export const testOnDevice = async (
  device: DeviceName,
  names: readonly SuiteName[],
): Promise<void> => {
  const reason = await openForTests(device);
  if (reason === undefined) {
    for (const name of names) suites[name](device);
    return;
  }
  const test = suite(device);
  for (const name of names) test.skip(name, reason);
  test.run();
};
