// The mode webgpu as a device. Results come back by promises: `await ready(tree)` before reading them.

import type { TensorError } from "../../../errors.ts";
import { type Capabilities, type Device, noStats, notOpened } from "../../device.ts";
import { Allowance } from "../card/allowance.ts";
import type { Mode } from "../modes.ts";
import { gpuJsVersion } from "../package.ts";
import { webGpuMissing } from "./adapter.ts";
import { prepare } from "./execute.ts";
import { Session } from "./session.ts";

/** The device of mode webgpu. It opens when it is first used, and again when `open` is called after it was lost. */
export const webGpuDevice = (mode: Mode, capabilities: Capabilities): Device => {
  const name = `gpu:${mode.name}`;
  let session: Session | undefined;
  const allowance = new Allowance(name);
  /** The session to work on. Fails with DeviceFailure after the device was lost, until it is opened anew. */
  const current = (): Session => {
    session ??= new Session(name, (adapter) => allowance.check(adapter));
    if (session.fault !== undefined) throw session.fault;
    allowance.check(session.opened?.adapter);
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
      const fallback = allowance.fallback(adapter);
      return {
        device: name,
        mode: mode.name,
        executor: "one submission a call",
        ...(adapter === undefined ? {} : { adapter }),
        details: `gpu.js ${gpuJsVersion()}, ${kernels}`,
        ...(fallback === undefined ? {} : { fallback }),
      };
    },
    stats: () => session?.stats ?? noStats,
    missing: () =>
      webGpuMissing() ??
      session?.fault?.problem.got ??
      (session?.opened === undefined ? notOpened(name) : undefined),
    open: async (options) => {
      allowance.allowsSoftware = options?.allowSoftware ?? allowance.allowsSoftware;
      const reason = webGpuMissing();
      if (reason !== undefined) return reason;
      await session?.gone();
      if (session === undefined || session.fault !== undefined) session = new Session(name);
      const { ready } = session;
      try {
        await ready;
      } catch (cause) {
        return (cause as TensorError).problem.got; // all that it rejects with
      }
      if (options !== undefined) allowance.check(session.opened?.adapter);
      return undefined;
    },
    prepare: (plan) => prepare(plan, current),
  };
};
