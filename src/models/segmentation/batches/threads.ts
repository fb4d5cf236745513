// Threads that make examples, each with a source of its own.

import * as Host from "../../../nn/threads/host.ts";
import type { MakerOptions } from "./maker.ts";
import type { Call, Reply } from "./serve.ts";

/** A thread that makes examples. */
export type Thread = Host.Thread<Call>;

/** Starts a thread that serves; throws what the host throws. */
export type StartThread = (options: MakerOptions, listener: Host.Listener<Reply>) => Thread;

const start = Host.startThread;

/** Starts a thread; undefined where the host has none that can be started. */
export const startThread: StartThread | undefined =
  start === undefined
    ? undefined
    : (options, listener) => start({ name: "serve", beside: import.meta.url, options }, listener);
