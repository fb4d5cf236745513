// Readers of measurements: each gives a series, NaN where nothing was measured, with a summary of what
// was read, filled, put right or left out. docs/data.md describes the layouts.

export type { FileSource } from "../../fileSource.ts";
export { type AlibabaOptions, readAlibaba } from "./alibaba.ts";
export {
  boutiqueFiles,
  parseServiceSeries,
  readBoutique,
  readServiceFolder,
  type ServiceFiles,
  travelsFiles,
} from "./boutique.ts";
export { type DataError, type DataErrorTag, printDataError } from "./errors.ts";
export { type LongCsvOptions, readLongCsv } from "./longCsv.ts";
export type { LongFiles, Reading } from "./longSeries.ts";
export type { MetricColumn } from "./longTable.ts";
export { type LosLoopOptions, readLosLoop } from "./losLoop.ts";
export { type PetshopOptions, readPetshop } from "./petshop.ts";
export type { TimeFormat } from "./scalars.ts";
export {
  type DataSummary,
  type Note,
  type NoteKind,
  type NotePlace,
  printSummary,
} from "./summary.ts";
