// How the host starts threads: Node's workers or the browser's, and how many it has cores for.

import { type WorkerStart, workerSource } from "./worker.ts";

/** A thread that was started. */
export interface Thread {
  readonly stop: () => void;
}

/** What threads need of the host; a reason where it has none. */
export interface ThreadHost {
  readonly cores: number;
  /** Whether the main thread may sleep. */
  readonly canSleep: boolean;
  /** Starts a thread; `failed` hears why it ended, if it ended by itself. */
  readonly start: (start: WorkerStart, failed: (reason: string) => void) => Thread;
}

/** The part of Node's API that is used; found without an import, which bundles for browsers could not resolve. */
interface NodeWorker {
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "exit", listener: (code: number) => void): void;
  unref(): void;
  terminate(): unknown;
}

interface NodeModules {
  readonly "node:worker_threads": {
    readonly Worker: new (
      source: string,
      options: { eval: true; workerData: unknown; stdout: boolean; execArgv: readonly string[] },
    ) => NodeWorker;
  };
  readonly "node:os": { readonly availableParallelism: () => number };
  readonly "node:v8": { readonly setFlagsFromString: (flags: string) => void };
}

/** A module that is part of Node; undefined elsewhere. */
export const builtinModule = <N extends keyof NodeModules>(name: N): NodeModules[N] | undefined => {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => unknown };
  };
  return process?.getBuiltinModule?.(name) as NodeModules[N] | undefined; // as Node documents it
};

const nodeHost = (): ThreadHost | undefined => {
  const threads = builtinModule("node:worker_threads");
  const os = builtinModule("node:os");
  if (threads === undefined || os === undefined) return undefined;
  return {
    cores: os.availableParallelism(),
    canSleep: true,
    start: (start, failed) => {
      const source = `${workerSource}
        const { workerData } = require("node:worker_threads");
        work(workerData, (reason) => { throw new Error(reason); });`;
      const worker = new threads.Worker(source, {
        eval: true,
        workerData: start,
        stdout: false,
        // Options of the process may say that text is a module, or load what workers do not need.
        execArgv: [],
      });
      worker.on("error", (error) => failed(error.message));
      worker.on("exit", (code) => failed(`it ended with code ${code}`));
      // A process ends when its own work is done, whoever still waits for more.
      worker.unref();
      return { stop: () => void worker.terminate() };
    },
  };
};

const browserHost = (): ThreadHost | string => {
  const {
    Worker: WebWorker,
    DedicatedWorkerGlobalScope: isInWorker,
    crossOriginIsolated,
    navigator,
  } = globalThis as unknown as {
    Worker?: typeof Worker;
    DedicatedWorkerGlobalScope?: unknown;
    crossOriginIsolated?: boolean;
    navigator?: { hardwareConcurrency?: number };
  };
  if (WebWorker === undefined) return "the host has no workers";
  if (crossOriginIsolated !== true) return "the page is not cross-origin isolated";
  let url: string | undefined;
  return {
    cores: navigator?.hardwareConcurrency ?? 1,
    canSleep: isInWorker !== undefined,
    start: (start, failed) => {
      const source = `${workerSource}
        onmessage = ({ data }) => work(data, (reason) => { throw new Error(reason); });`;
      url ??= URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      try {
        const worker = new WebWorker(url);
        // An event without a message: the page's policy (worker-src) refuses blobs, and would again. Then nobody joins the main thread.
        worker.onerror = ({ message }) => {
          if (message) failed(message);
        };
        worker.postMessage(start);
        return { stop: () => worker.terminate() };
      } catch {
        return { stop: () => undefined }; // refused as well, as some hosts say it
      }
    },
  };
};

/** What this host offers; or why it offers no threads. */
export const threadHost = (): ThreadHost | string => {
  if (typeof SharedArrayBuffer === "undefined") {
    const host = browserHost();
    return typeof host === "string" ? host : "the host has no shared memory";
  }
  return nodeHost() ?? browserHost();
};
