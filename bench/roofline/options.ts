// The command line of `npm run bench:roofline`.

import { parseArgs } from "node:util";
import { listed } from "../options.ts";

/** What the command line asks for. */
export interface RooflineOptions {
  /** Empty: all. */
  readonly cases: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
}

/** The text of `--help`. */
export const rooflineHelp = `npm run bench:roofline -- [options]

Each case on the device cpu beside its bound on this machine. The bound is the longer of two times: the case's arithmetic at the peak, and
the bytes that its plan moves (inputs and output of every step) at the bandwidth of the smallest set in which its largest buffer fits.
Peak and bandwidths are measured first, as by npm run bench:machine; the case is timed as by npm run bench, in a process of its own.

  --case a,b        these cases; without it, all (npm run bench -- --list names them)
  --json            one JSON line a case on stdout, all else on stderr
  --help            this text

The arithmetic of a training step is that of its products alone. Both peak and bandwidth are those of one thread or all, whichever is more;
bytes that are written count as a copy with as many that are read, the other reads at the bandwidth of reading.`;

/** The options in the arguments. */
export const readRooflineOptions = (args: readonly string[]): RooflineOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return { cases: listed(values.case), json: values.json, help: values.help };
};
