// The command line of `npm run bench`.

import { parseArgs } from "node:util";

/** Programs that ours is compared with. */
export const peerNames = ["torch", "tfjs"] as const;

/** A program that ours is compared with. */
export type PeerName = (typeof peerNames)[number];

/** What the command line asks for. */
export interface Options {
  /** Empty: all. */
  readonly cases: readonly string[];
  /** Empty: all that are available. */
  readonly devices: readonly string[];
  readonly peers: readonly PeerName[];
  readonly json: boolean;
  readonly smoke: boolean;
  /** Whether software rasterisers are timed too, unnamed. */
  readonly software: boolean;
  readonly list: boolean;
  readonly help: boolean;
  readonly all: boolean;
  /** 0: as many as the time allows. */
  readonly repeat: number;
  /** Undefined: 1 and all cores for PyTorch, the better for each case. */
  readonly threads: number | undefined;
  readonly limitSeconds: number;
}

/** The text of `--help`. */
export const help = `npm run bench -- [options]

Times ops and whole training steps on each device, PyTorch and TensorFlow.js beside them in the same run.
Each case runs in a process of its own: a checked first call, warm-up, then 11 to 51 repetitions; medians are printed.

  --case a,b        these cases; without it, all (--list names them)
  --device a,b      these devices; without it, all that run here
  --software        without --device: a software rasteriser too, where no graphics card answers
  --peers torch,tfjs | none
                    programs to compare with; without it, both
  --repeat N        a fixed number of repetitions, and ours not timed a second time after the peers
  --threads N       threads of PyTorch (without it: 1 and all cores, the better is taken and said); OpenBLAS inside
                    it keeps a pool of its own
  --limit-s N       seconds: a case that would take longer a run on a device is skipped, and repetitions are fewer
                    where all of them would take longer (60)
  --all             runs the cases that would be skipped as too slow
  --smoke           tiny sizes, one repetition, no peers: only whether everything runs and is right
  --json            one JSON line a case and device on stdout, all else on stderr
  --list, --help`;

/** The words of a list with commas. */
export const listed = (text: string | undefined): readonly string[] =>
  (text ?? "").split(",").filter((word) => word !== "");

/** A number above 0, if one is given; `name` is the option's. */
export const positive = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number > 0)) throw new Error(`bench: --${name}: a number above 0 expected, got "${text}"`);
  return number;
};

const isPeer = (name: string): name is PeerName => (peerNames as readonly string[]).includes(name);

const peersOf = (text: string | undefined, smoke: boolean): readonly PeerName[] => {
  if (smoke || text === "none") return [];
  if (text === undefined) return peerNames;
  return listed(text).map((name) => {
    if (isPeer(name)) return name;
    throw new Error(`bench: --peers: ${peerNames.join(", ")} or none expected, got "${name}"`);
  });
};

/** The options in the arguments; throws a one-line error when they make no sense. */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: "string" },
      device: { type: "string" },
      peers: { type: "string" },
      repeat: { type: "string" },
      threads: { type: "string" },
      "limit-s": { type: "string" },
      all: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      software: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { all, smoke, software, json, list, help } = values;
  return {
    cases: listed(values.case),
    devices: listed(values.device),
    peers: peersOf(values.peers, smoke),
    repeat: smoke ? 1 : Math.floor(positive("repeat", values.repeat) ?? 0),
    threads: positive("threads", values.threads),
    limitSeconds: positive("limit-s", values["limit-s"]) ?? 60,
    ...{ all, smoke, software, json, list, help },
  };
};
