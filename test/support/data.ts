// Real data sets live outside the repository, in the folder named by PULLBACK_DATA. Tests that need
// one run where it is and are skipped, visibly, where it is not.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Suite } from "./suite.ts";

/** The folder of a data set such as `"camvid"`, or undefined where it is absent. */
export function dataFolder(name: string): string | undefined {
  const root = process.env["PULLBACK_DATA"];
  if (root === undefined || root === "") return undefined;
  const folder = join(root, name);
  return existsSync(folder) ? folder : undefined;
}

/** Declares a test on a data set, or skips it with the reason where the data set is absent. */
export function testOnData(
  test: Suite,
  dataset: string,
  name: string,
  body: (folder: string) => void | Promise<void>,
): void {
  const folder = dataFolder(dataset);
  if (folder !== undefined) test(name, () => body(folder));
  else test.skip(name, `no folder ${dataset} in PULLBACK_DATA`);
}
