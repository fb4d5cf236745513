// The command line of `npm run bench:machine`.

import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface MachineOptions {
  readonly json: boolean;
  readonly help: boolean;
}

/** The text of `--help`. */
export const machineHelp = `npm run bench:machine -- [options]

What this machine does at best in WebAssembly, in some ten seconds: arithmetic in registers, memory read and copied from sets of several
sizes, and the register tiles of products. Every result is checked; of 25 or more runs after warm-up the fastest counts, since a limit is asked for.
Whatever else runs here takes from the figures of all threads first.

  --json            one JSON line a measurement on stdout, all else on stderr
  --help            this text

PULLBACK_RELAXED_SIMD=0 leaves out fused multiply-add.`;

/** The options in the arguments. */
export const readMachineOptions = (args: readonly string[]): MachineOptions =>
  parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }).values;
