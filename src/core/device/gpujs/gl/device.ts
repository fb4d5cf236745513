// The modes of gpu.js that draw, as devices: webgl2 in browsers, headlessgl in Node. Results can be read at once, which waits for the card;
// with WebGL 2, `await ready(tree)` lets the caller's thread go on meanwhile.

import { TensorError } from "../../../errors.ts";
import { type Capabilities, type Device, noStats, notOpened } from "../../device.ts";
import { Allowance } from "../card/allowance.ts";
import type { Mode } from "../modes.ts";
import { gpuJsUnloadable, gpuJsVersion, kernelClass, quietly } from "../package.ts";
import { packageMissing } from "../require.ts";
import { prepare } from "./execute.ts";
import { Session } from "./session.ts";

/** Why a mode cannot run here, if it cannot. Looks for a context, which stays. */
const missing = ({ name, kernelClass: className }: Mode): string | undefined => {
  const needed = ["gpu.js", ...(name === "headlessgl" ? ["gl"] : [])];
  const absent = needed.map(packageMissing).find((reason) => reason !== undefined);
  if (absent !== undefined) return absent;
  if (quietly(() => kernelClass(className).isSupported === true)) return undefined;
  return name === "webgl2"
    ? "there is no WebGL 2 context here"
    : "the package gl finds no OpenGL here (on Linux it needs an X display)";
};

/** The device of a mode that draws. It opens when it is first used, and again when `open` is called after it was lost. */
export const glDevice = (mode: Mode, capabilities: Capabilities): Device => {
  const name = `gpu:${mode.name}`;
  let session: Session | undefined;
  const allowance = new Allowance(name);
  /** Opens a session where there is none; why there is none now, if there is none. */
  const begin = (): string | undefined => {
    if (session !== undefined) return undefined;
    const reason = missing(mode);
    if (reason !== undefined) return reason;
    try {
      session = new Session(name, mode);
      return undefined;
    } catch (cause) {
      return (cause as Error).message.split("\n")[0]; // gpu.js throws errors
    }
  };
  const current = (): Session => {
    const reason = begin();
    if (session === undefined)
      throw new TensorError({
        _tag: "DeviceFailure",
        op: name,
        rule: "a WebGL context expected",
        got: reason ?? "none",
        hint: "run on another device",
      });
    if (session.isLost) throw session.lost();
    allowance.check(session.adapter);
    return session;
  };
  return {
    name,
    capabilities,
    info: () => {
      const ran =
        session === undefined || session.built === 0
          ? "nothing has run yet"
          : `${session.built} kernels, ${session.builtColumns} of them four elements a thread, in ${[...session.executors].join(", ")}`;
      const fallback = allowance.fallback(session?.adapter);
      return {
        device: name,
        mode: mode.name,
        executor: "resident textures, kernel by kernel",
        ...(session === undefined ? {} : { adapter: session.adapter }),
        details: `gpu.js ${gpuJsVersion()}, ${ran}`,
        ...(fallback === undefined ? {} : { fallback }),
      };
    },
    stats: () => {
      if (session === undefined) return noStats;
      const { textures, submissions, built } = session;
      const { bytesUploaded, bytesRead, count, bytes, inUse } = textures;
      return {
        ...noStats,
        kernels: built,
        submissions,
        bytesUploaded,
        bytesRead,
        buffers: count,
        bufferBytes: bytes,
        buffersInUse: inUse,
      };
    },
    missing: () => {
      if (session === undefined) return notOpened(name);
      return session.isLost ? "the WebGL context was lost" : undefined;
    },
    open: async (options) => {
      allowance.allowsSoftware = options?.allowSoftware ?? allowance.allowsSoftware;
      if (session?.isLost === true) session = undefined;
      const reason = (await gpuJsUnloadable()) ?? begin();
      if (options !== undefined) allowance.check(session?.adapter);
      return reason;
    },
    prepare: (plan) => prepare(plan, current, mode.name === "webgl2"),
  };
};
