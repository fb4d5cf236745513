// The classes of a street, in the order and the colours of CamVid (Brostow, Fauqueur & Cipolla, "Semantic object classes in video: a
// high-definition ground truth database", 2009) as grouped to eleven by SegNet (Badrinarayanan, Kendall & Cipolla, 2017).

import type { ClassInfo } from "./images.ts";

/** The classes by name: what a label means. */
export const street = {
  sky: 0,
  building: 1,
  pole: 2,
  road: 3,
  pavement: 4,
  tree: 5,
  sign: 6,
  fence: 7,
  car: 8,
  pedestrian: 9,
  bicyclist: 10,
} as const;

/**
 * What the classes of a street are called and how they are painted, by label.
 *
 * @example
 * streetClasses.length // 11
 * streetClasses[street.road]?.name // Road
 */
export const streetClasses: readonly ClassInfo[] = [
  { name: "Sky", color: [128, 128, 128] },
  { name: "Building", color: [128, 0, 0] },
  { name: "Pole", color: [192, 192, 128] },
  { name: "Road", color: [128, 64, 128] },
  { name: "Pavement", color: [60, 40, 222] },
  { name: "Tree", color: [128, 128, 0] },
  { name: "SignSymbol", color: [192, 128, 128] },
  { name: "Fence", color: [64, 64, 128] },
  { name: "Car", color: [64, 0, 128] },
  { name: "Pedestrian", color: [64, 64, 0] },
  { name: "Bicyclist", color: [0, 128, 192] },
];
