// What this machine can do: the peaks and bandwidths that bounds are made of, and the register tiles.

import { availableParallelism } from "node:os";
import { type Bandwidth, bandwidthKernels, measureBandwidths } from "./bandwidth.ts";
import { measurePeaks, type Peak, peakKernels } from "./peaks.ts";
import { startTeam, type Team } from "./team.ts";
import { measureTiles, type TileSpeed, tileKernels } from "./tiles.ts";

/** The limits of a machine. */
export interface Limits {
  readonly peaks: readonly Peak[];
  readonly bandwidths: readonly Bandwidth[];
}

/** And what the tile writer makes of them. */
export interface Machine extends Limits {
  readonly tiles: readonly TileSpeed[];
}

const limitsOf = (team: Team): Limits => ({
  peaks: measurePeaks(team),
  bandwidths: measureBandwidths(team),
});

/** Peaks and bandwidths. */
export const measureLimits = async (): Promise<Limits> => {
  const team = await startTeam([...peakKernels(), ...bandwidthKernels()], availableParallelism());
  try {
    return limitsOf(team);
  } finally {
    await team.stop();
  }
};

/** Everything. */
export const measureMachine = async (): Promise<Machine> => {
  const kernels = [...peakKernels(), ...bandwidthKernels(), ...tileKernels()];
  const team = await startTeam(kernels, availableParallelism());
  try {
    return { ...limitsOf(team), tiles: measureTiles(team) };
  } finally {
    await team.stop();
  }
};
