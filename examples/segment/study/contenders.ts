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

/** What carries detail past the sampling down, by name. */
const connections = {
  plain: noConnections,
  residual: allConnections,
  blocks: only({ blocks: true }),
  "skips added": only({ skips: "add" }),
  "skips beside": only({ skips: "concat" }),
  "finest skip beside": only({ skips: ["concat", "none", "none"] }),
  images: only({ images: true }),
} satisfies Readonly<Record<string, Segmentation.Connections>>;
/** The names of sets of connections. */
export type ConnectionsName = keyof typeof connections;

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

const all = Segmentation.networkNames.flatMap((network) =>
  [...(Object.keys(connections) as readonly ConnectionsName[]), "own" as const].flatMap(
    (connected) =>
      Segmentation.lossNames.map((loss): readonly [string, Contender] => [
        nameFor(network, connected, loss),
        {
          network,
          loss,
          ...(connected === "own" ? {} : { connections: connections[connected] }),
        },
      ]),
  ),
);

/** Every contender by its name. */
export const contenders: ReadonlyMap<string, Contender> = new Map(all);
