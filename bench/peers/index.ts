// Asks the peers for their time of a case. A peer that is not installed answers { skipped }, one that fails { error }.

import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { ask, askNode, type Failure, isFailure } from "../child.ts";
import type { Options, PeerName } from "../options.ts";

/** What a peer measured; milliseconds, medians. */
export interface PeerTiming {
  readonly ms: number;
  readonly min: number;
  readonly firstMs: number;
  readonly peakMB: number;
  readonly runs: number;
  readonly threads?: number;
}

/** What a peer has to say about a case. */
export type PeerAnswer = PeerTiming | Failure;

/** A peer that can be asked, or the reason why not; and its version. */
export interface Peer {
  readonly name: PeerName;
  readonly version: string;
  readonly time: (caseName: string, options: Options) => Promise<PeerAnswer>;
}

const missing = (name: PeerName, reason: string): Peer => ({
  name,
  version: reason,
  time: async () => ({ skipped: reason }),
});

/** The peers by name, looked for on this machine. */
export const findPeers = (names: readonly PeerName[]): Promise<readonly Peer[]> =>
  Promise.all(names.map((name) => (name === "torch" ? findTorch() : findTfjs())));

const torchProgram = fileURLToPath(new URL("torch_peer.py", import.meta.url));

const findTorch = async (): Promise<Peer> => {
  const pythons = [process.env["PYTHON"] ?? "", "python3", "/usr/bin/python3"].filter(
    (it) => it !== "",
  );
  const script = 'import json, torch; print(json.dumps({"version": torch.__version__}))';
  for (const python of pythons) {
    const answer = await ask<{ readonly version: string }>(python, ["-c", script], 60);
    if (isFailure(answer)) continue;
    return {
      name: "torch",
      version: answer.version,
      time: (caseName, options) => timeTorch(python, caseName, options),
    };
  }
  return missing("torch", `not installed: none of ${pythons.join(", ")} imports torch`);
};

/** PyTorch's OpenMP threads and OpenBLAS's disturb each other on some cases, so each count is tried and the better taken. */
const timeTorch = async (
  python: string,
  caseName: string,
  options: Options,
): Promise<PeerAnswer> => {
  const counts = options.threads === undefined ? [1, availableParallelism()] : [options.threads];
  const answers: PeerAnswer[] = [];
  for (const threads of new Set(counts)) {
    const args = ["-B", torchProgram, ...shared(caseName, options), "--threads", String(threads)];
    answers.push(await ask<PeerTiming>(python, args, allowance(options)));
  }
  return answers.reduce((best, next) =>
    isFailure(best) || (!isFailure(next) && next.ms < best.ms) ? next : best,
  );
};

const findTfjs = async (): Promise<Peer> => {
  const packages = createRequire(import.meta.url);
  const name = "@tensorflow/tfjs";
  try {
    packages.resolve(name);
    packages.resolve(`${name}-backend-wasm`);
  } catch {
    return missing("tfjs", `not installed: no ${name} and ${name}-backend-wasm in node_modules`);
  }
  const { version } = packages(`${name}/package.json`) as { readonly version: string }; // every package has one
  return {
    name: "tfjs",
    version: `${version} wasm`,
    time: (caseName, options) =>
      askNode<PeerTiming>("peers/tfjs_peer.ts", shared(caseName, options), allowance(options)),
  };
};

const shared = (caseName: string, { repeat, limitSeconds }: Options): readonly string[] => [
  ...["--case", caseName, "--repeat", String(repeat), "--budget-s", String(limitSeconds)],
];

/** Seconds after which a peer is given up: twice its budget, for the first call and warm-up, and time to start. */
const allowance = ({ limitSeconds }: Options): number => 2 * limitSeconds + 60;
