// Which devices are timed: those that are named, or all that run here.

import { type DeviceInfo, deviceNames, openDevice, printProblem } from "../src/index.ts";
import type { Options } from "./options.ts";

/** The devices to time, and a line for each that does not run here. */
export interface Devices {
  readonly opened: readonly DeviceInfo[];
  readonly missing: readonly string[];
}

/** Whether a graphics card is not known to stand behind a device that needs one. */
const mayBeSoftware = ({ adapter }: DeviceInfo): boolean =>
  adapter !== undefined && adapter.isSoftware !== false;

/** Names that stand for another device. */
const isFamily = (name: string): boolean => name === "gpu" || name === "auto";

/** Opens devices. Throws where one that is named does not run here; without names, passes over it and says why. */
export const openDevices = async ({
  devices,
  software,
}: Pick<Options, "devices" | "software">): Promise<Devices> => {
  for (const name of devices)
    if (!(deviceNames as readonly string[]).includes(name))
      throw new Error(`bench: --device: one of ${deviceNames.join(", ")} expected, got "${name}"`);
  const isNamed = devices.length > 0;
  const names = isNamed ? devices : deviceNames.filter((name) => !isFamily(name));
  const opened: DeviceInfo[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const found = await openDevice(name, { allowSoftware: software })();
    if (found._tag === "Left") {
      if (isNamed) throw new Error(`bench: ${printProblem(found.left)}`);
      missing.push(`not ${name}: ${found.left.got}`);
    } else if (!isNamed && !software && mayBeSoftware(found.right))
      missing.push(`not ${name}: only ${found.right.adapter?.name} answers; --software times it`);
    else opened.push(found.right);
  }
  return { opened, missing };
};
