// Threads of Node that serve: each imports a module and calls its function `serve`. Bundlers for browsers take host.browser.ts in place
// of this file (the field `browser` of package.json).

import { Worker } from "node:worker_threads";

/** A thread that was started. */
export interface Thread<Call> {
  readonly post: (call: Call) => void;
  /** Whether the process is to wait for this thread. */
  readonly hold: (isAwaited: boolean) => void;
  /** Comes when the thread has ended. */
  readonly stop: () => Promise<void>;
}

/** Who hears a thread. */
export interface Listener<Reply> {
  readonly hear: (reply: Reply) => void;
  /** The thread has ended, by itself or stopped; called once or more. */
  readonly ended: (reason: string) => void;
}

/** What a thread does: `serve(port, options)` of a module. */
export interface Served {
  /** The module is called so, without its ending, and lies beside this one. */
  readonly name: string;
  readonly beside: ImportMeta["url"];
  /** Plain data. */
  readonly options: unknown;
  /** Variables of the environment that differ from those of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it will import TypeScript even where this file is JavaScript; default: no. */
  readonly readsTypeScript?: boolean;
}

/** Starts a thread that serves; throws what the host throws. */
export type StartThread = <Call, Reply>(served: Served, listener: Listener<Reply>) => Thread<Call>;

/** The module, with the ending that this one has: `.ts` as it was written, `.js` as it was built. */
const fileOf = ({ name, beside, readsTypeScript = false }: Served) => {
  const ending = /\.[a-z]+$/.exec(new URL(import.meta.url).pathname)?.[0] ?? ".js";
  const file = new URL(`./${name}${ending}`, beside).href;
  return { file, tsx: ending === ".ts" || readsTypeScript ? tsxIfThere() : undefined };
};

/** What makes a thread read TypeScript. On Node 20 threads do not have it from the process that starts them; a Node without tsx reads it by itself. */
const tsxIfThere = (): string | undefined => {
  try {
    return import.meta.resolve("tsx/esm/api");
  } catch {
    return undefined;
  }
};

// As text, so that it runs before anything that is written in TypeScript, and reads as either kind of module.
const source = `import("node:worker_threads").then(async ({ parentPort, workerData }) => {
  const { file, tsx, options } = workerData;
  if (tsx !== undefined) (await import(tsx)).register();
  const { serve } = await import(file);
  await serve(parentPort, options);
});`;

/** Starts a thread; undefined where the host has none that can be started. */
export const startThread: StartThread | undefined = (served, { hear, ended }) => {
  const { options, env } = served;
  const worker = new Worker(source, {
    eval: true,
    workerData: { ...fileOf(served), options },
    ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
    execArgv: [], // those of the process may load what this thread does not need, or say that text is a module
  });
  worker.on("message", hear);
  worker.on("messageerror", (error) => {
    ended(error.message);
    void worker.terminate(); // nobody asks it again, and the process would wait for it
  });
  worker.on("error", (error) => ended(error instanceof Error ? error.message : String(error)));
  worker.on("exit", (code) => ended(`one that ended with code ${code}`));
  return {
    post: (call) => worker.postMessage(call),
    hold: (isAwaited) => (isAwaited ? worker.ref() : worker.unref()),
    stop: async () => {
      await worker.terminate();
    },
  };
};
