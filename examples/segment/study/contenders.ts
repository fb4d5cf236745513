// Who is compared: networks with their connections, each with a loss.

import { Segmentation } from "../../../src/models/index.ts";

const { allConnections, noConnections } = Segmentation;

/** A network, its connections, and what it learns by. */
export interface Contender {
  readonly network: Segmentation.NetworkName;
  /** The network's own where absent. */
  readonly connections?: Segmentation.Connections;
  readonly loss: Segmentation.LossName;
}

const only = (part: Partial<Segmentation.Connections>): Segmentation.Connections => ({
  ...noConnections,
  ...part,
});

/** Encoder maps concatenated at the finest scale, and none at the others, for a network of so many stages. */
const finest = (stages: number): readonly Segmentation.Skip[] =>
  Array.from({ length: stages }, (_, i) => (i === 0 ? "concat" : "none"));

/** What carries detail past the sampling down, by name, for a network of so many stages. */
const connectionsFor = (stages: number) => ({
  plain: noConnections,
  residual: allConnections,
  blocks: only({ blocks: true }),
  "skips added": only({ skips: "add" }),
  "skips concatenated": only({ skips: "concat" }),
  "finest skip concatenated": only({ skips: finest(stages) }),
  images: only({ images: true }),
});
/** The names of sets of connections. */
export type ConnectionsName = keyof ReturnType<typeof connectionsFor>;

const titles = {
  segnet: "SegNet",
  "segnet-basic": "SegNet-Basic",
  "segnet-small": "small SegNet",
  unet: "U-Net",
} satisfies Readonly<Record<Segmentation.NetworkName, string>>;

/** The name of a contender: network, connections, loss. */
export const nameFor = (
  network: Segmentation.NetworkName,
  connected: ConnectionsName | "own",
  loss: Segmentation.LossName,
): string => [titles[network], ...(connected === "own" ? [] : [connected]), loss].join(", ");

const stagesOf = (network: Segmentation.NetworkName): number =>
  Segmentation.configOf(network, { classes: 1, width: 1 }).stages.length;

const contendersOn = (
  network: Segmentation.NetworkName,
): readonly (readonly [string, Contender])[] => {
  const connections = connectionsFor(stagesOf(network));
  const names = Object.keys(connections) as readonly ConnectionsName[]; // its own keys
  return Segmentation.lossNames.flatMap((loss) => [
    [nameFor(network, "own", loss), { network, loss }] as const,
    ...names.map(
      (name) =>
        [nameFor(network, name, loss), { network, loss, connections: connections[name] }] as const,
    ),
  ]);
};

/** Every contender by its name. Results are found by it: where one stands for something else, it takes another name (`nameOf` of `Study`). */
export const contenders: ReadonlyMap<string, Contender> = new Map(
  Segmentation.networkNames.flatMap(contendersOn),
);
