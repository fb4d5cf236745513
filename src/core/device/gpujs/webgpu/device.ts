// The mode webgpu as a device. Results come back by promises: `await ready(tree)` before reading them.

import { type Capabilities, type Device, noStats, notOpened } from "../../device.ts";
import type { Mode } from "../modes.ts";
import { gpuJsVersion } from "../package.ts";
import { webGpuMissing } from "./adapter.ts";
import { prepare } from "./execute.ts";
import { Session } from "./session.ts";

/** The device of mode webgpu. It opens when it is first used, and again when `open` is called after it was lost. */
export const webGpuDevice = (mode: Mode, capabilities: Capabilities): Device => {
  const name = `gpu:${mode.name}`;
  let session: Session | undefined;
  /** The session to work on. Fails with DeviceFailure after the device was lost, until it is opened anew. */
  const current = (): Session => {
    session ??= new Session(name);
    if (session.fault !== undefined) throw session.fault;
    return session;
  };
  return {
    name,
    capabilities,
    info: () => {
      const counts = Object.entries(session?.kernels.counts ?? {}).filter(([, n]) => n > 0);
      const kernels =
        counts.length === 0
          ? "nothing has run yet"
          : `kernels: ${counts.map(([variant, n]) => `${n} ${variant}`).join(", ")}`;
      const adapter = session?.opened?.adapter;
      return {
        device: name,
        mode: mode.name,
        executor: "one submission a call",
        ...(adapter === undefined ? {} : { adapter }),
        details: `gpu.js ${gpuJsVersion()}, ${kernels}`,
      };
    },
    stats: () => session?.stats ?? noStats,
    missing: () =>
      webGpuMissing() ??
      session?.fault?.problem.got ??
      (session?.opened === undefined ? notOpened(name) : undefined),
    open: async () => {
      const reason = webGpuMissing();
      if (reason !== undefined) return reason;
      if (session === undefined || session.fault !== undefined) session = new Session(name);
      return session.ready.then(
        () => undefined,
        () => session?.fault?.problem.got,
      );
    },
    prepare: (plan) => prepare(plan, current),
  };
};
