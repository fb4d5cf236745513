// Models that were made smaller in several ways: measured, kept, and what a table says of them beside each other. Of the notebook.

import * as E from "fp-ts/lib/Either.js";
import { leavesOf } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import { type Bench, type Measured, measured } from "./measured.ts";
import { shareOfZeros } from "./zeros.ts";

/** A model that was made smaller, and what was measured of it. */
export interface Made {
  /** Which way it was made; models of a way are joined in the picture. */
  readonly way: string;
  readonly name: string;
  readonly specimen: Language.Specimen;
  /** Nats a token, as it is stored. */
  readonly loss: number;
  /** Of its file. */
  readonly bytes: number;
}

/** Where models are put that were made. */
export interface Shelf {
  /** What a model is worth, which is not kept. */
  readonly measure: (specimen: Language.Specimen) => Promise<Measured>;
  /** Measures a model and keeps it. */
  readonly put: (way: string, name: string, specimen: Language.Specimen) => Promise<Made>;
  /** All that were kept, in order. */
  readonly models: () => readonly Made[];
}

/** An empty shelf. Throws where a model does not fit the tokeniser. */
export const openShelf = (bench: Bench): Shelf => {
  const kept: Made[] = [];
  const measure = async (specimen: Language.Specimen): Promise<Measured> => {
    const found = await measured(bench)(specimen)();
    if (E.isLeft(found)) throw new Error(Language.printModelProblem(found.left));
    return found.right;
  };
  return {
    measure,
    put: async (way, name, specimen) => {
      const { loss, file } = await measure(specimen);
      const made = { way, name, specimen, loss, bytes: file.length };
      kept.push(made);
      return made;
    },
    models: () => kept,
  };
};

/** A loss with four digits behind the point. */
export const nats = (loss: number): string => loss.toFixed(4);

/** Bytes in whole KiB. */
export const kibibytes = (bytes: number): number => Math.round(bytes / 1024);

/** What a table says of a model, and how it differs from another one. */
export const rowOf =
  (control: Pick<Made, "loss" | "bytes">) =>
  ({ way, name, loss, bytes, specimen }: Made) => ({
    model: `${way}: ${name}`,
    loss: nats(loss),
    "above f32": nats(loss - control.loss),
    "file, KiB": kibibytes(bytes),
    "times smaller": (control.bytes / bytes).toFixed(2),
    "zeros, percent": (100 * shareOfZeros(leavesOf(specimen.params))).toFixed(1),
  });
