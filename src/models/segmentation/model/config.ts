// The configuration of an encoder-decoder: its stages, how it samples up again, and its connections, each of which can be switched off,
// which is what the study's ablation does. The published networks are values of it.

import { fail } from "../../../core/errors.ts";

/** How what the encoder saw at a scale enters the decoder at that scale: added to it, or put beside it as more channels. */
export type Skip = "none" | "add" | "concat";

/**
 * What carries detail past the sampling down. Gao et al., arXiv 2406.01605, name "a multi-residual connection strategy designed to preserve
 * the intricate details across various image scales"; which connections those are is our reading.
 */
export interface Connections {
  /** Within blocks: the input of a stage is added to its result, by a 1 × 1 convolution where widths differ (He et al., 2016). */
  readonly blocks: boolean;
  /** From encoder to decoder: one for all scales, or one for each, the finest first. */
  readonly skips: Skip | readonly Skip[];
  /** Pooled-image shortcuts: the image itself, averaged to the scale of a stage, beside the input of every encoder stage but the first. */
  readonly images: boolean;
}

/** What the network is built from. */
export interface Config {
  readonly classes: number;
  /** Channels of a picture; default 3. */
  readonly channels?: number;
  /** The filters of each convolution of each encoder stage, the finest stage first. A pooling follows each stage. */
  readonly stages: readonly (readonly number[])[];
  /** Filters of the convolutions between the last pooling and the first sampling up. */
  readonly bottom: readonly number[];
  /** Taps of the convolutions, 3 for 3 × 3. */
  readonly taps: number;
  /**
   * "indices": unpooling by the indices of the maxima, as SegNet; "transposed": convolutions transposed, 2 × 2 with stride 2, as U-Net.
   */
  readonly upsampling: "indices" | "transposed";
  /** Convolutions of a decoder stage: as many as its encoder stage has, with the widths mirrored, or one. */
  readonly decoder: "mirrored" | "single";
  /** Whether ReLU follows the decoder's convolutions, too; SegNet-Basic has none there. */
  readonly decoderRelu: boolean;
  /** Taps of the last convolution, which gives the logits. */
  readonly classifierTaps: number;
  /** Whether that convolution is the last one of the mirrored decoder, as in SegNet, or comes after it. */
  readonly classifierIsLast: boolean;
  readonly connections: Connections;
}

/** Nothing passes the poolings but their indices: SegNet as it was published. */
export const noConnections: Connections = { blocks: false, skips: "none", images: false };

/** All of them, encoder maps beside decoder maps. */
export const allConnections: Connections = { blocks: true, skips: "concat", images: true };

/** Sizes that a named network leaves open. */
export interface NetworkOptions {
  readonly classes: number;
  /** Filters of the first stage; default: as published, and 32 for the small one, as our benchmark has it. */
  readonly width?: number;
  readonly connections?: Connections;
}

/** The names of networks that are known by name. */
export type NetworkName = "segnet" | "segnet-basic" | "segnet-small" | "unet";

/** The filters of the first stage where none are given. */
const publishedWidths: Readonly<Record<NetworkName, number>> = {
  segnet: 64,
  "segnet-basic": 64,
  "segnet-small": 32,
  unet: 64,
};

const repeat = (times: number, value: number): readonly number[] =>
  new Array<number>(times).fill(value);

/** A function of options for each name: networks that differ in everything but their connections. */
const networks: Readonly<
  Record<NetworkName, (width: number) => Omit<Config, "classes" | "connections">>
> = {
  // Badrinarayanan, Kendall & Cipolla, "SegNet", 2017: the 13 convolutions of VGG-16 (Simonyan & Zisserman, 2015), five
  // poolings, a mirrored decoder whose last convolution gives the logits.
  segnet: (w) => ({
    stages: [repeat(2, w), repeat(2, 2 * w), repeat(3, 4 * w), repeat(3, 8 * w), repeat(3, 8 * w)],
    bottom: [],
    taps: 3,
    upsampling: "indices",
    decoder: "mirrored",
    decoderRelu: true,
    classifierTaps: 3,
    classifierIsLast: true,
  }),
  // The same paper's smaller one: four encoders and decoders of one 7 × 7 convolution each, none of the decoder's with a ReLU.
  "segnet-basic": (w) => ({
    stages: [[w], [w], [w], [w]],
    bottom: [],
    taps: 7,
    upsampling: "indices",
    decoder: "single",
    decoderRelu: false,
    classifierTaps: 1,
    classifierIsLast: false,
  }),
  // Three stages of two convolutions, for small pictures: what the benchmark trains.
  "segnet-small": (w) => ({
    stages: [repeat(2, w), repeat(2, 2 * w), repeat(2, 4 * w)],
    bottom: [],
    taps: 3,
    upsampling: "indices",
    decoder: "mirrored",
    decoderRelu: true,
    classifierTaps: 1,
    classifierIsLast: false,
  }),
  // Ronneberger, Fischer & Brox, "U-Net", MICCAI 2015, with padded convolutions and batch normalisation.
  unet: (w) => ({
    stages: [repeat(2, w), repeat(2, 2 * w), repeat(2, 4 * w), repeat(2, 8 * w)],
    bottom: repeat(2, 16 * w),
    taps: 3,
    upsampling: "transposed",
    decoder: "mirrored",
    decoderRelu: true,
    classifierTaps: 1,
    classifierIsLast: false,
  }),
};

/** The networks that are known by name. */
export const networkNames = Object.keys(networks) as readonly NetworkName[]; // its own keys

/**
 * The configuration of a network by its name. Without connections given, SegNet has none, and U-Net its own: encoder maps beside
 * decoder maps.
 *
 * @example
 * configOf("segnet", { classes: 11 }).stages.flat().length // 13
 */
export const configOf = (
  name: NetworkName,
  { classes, width = publishedWidths[name], connections }: NetworkOptions,
): Config => ({
  classes,
  ...networks[name](width),
  connections:
    connections ?? (name === "unet" ? { ...noConnections, skips: "concat" } : noConnections),
});

/** The skip at each scale, the finest first. */
export const skipsOf = ({ stages, connections: { skips } }: Config): readonly Skip[] =>
  typeof skips === "string" ? stages.map(() => skips) : skips;

/** What heights and widths are padded to a multiple of: each pooling halves them. */
export const strideOf = ({ stages }: Pick<Config, "stages">): number => 2 ** stages.length;

const isCount = (n: number): boolean => Number.isInteger(n) && n >= 1;

/** The words of an option, as a record, so that a forgotten one is a type error. */
type Words<W extends string> = Readonly<Record<W, true>>;
const upsamplings: Words<Config["upsampling"]> = { indices: true, transposed: true };
const decoders: Words<Config["decoder"]> = { mirrored: true, single: true };
const skipWords: Words<Skip> = { none: true, add: true, concat: true };

/** Refuses a configuration that makes no network. */
export const checkConfig = (config: Config): void => {
  const { classes, channels = 3, stages, bottom, taps, classifierTaps } = config;
  const refuse = (rule: string, got: string): never =>
    fail("Segmenter.init", "InvalidArgument", rule, got);
  /** Types do not hold what comes from a file. */
  const requireWord = (what: string, words: Words<string>, word: string): void => {
    if (!Object.hasOwn(words, word))
      refuse(`${what} ${Object.keys(words).join(" or ")} expected`, String(word));
  };
  if (!isCount(classes)) refuse("one class or more expected", String(classes));
  if (!isCount(channels)) refuse("one channel or more expected", String(channels));
  requireWord("upsampling", upsamplings, config.upsampling);
  requireWord("decoder", decoders, config.decoder);
  if (stages.length === 0 || stages.some((stage) => stage.length === 0))
    refuse("stages of one convolution or more expected", JSON.stringify(stages));
  const wrong = [...stages.flat(), ...bottom].find((n) => !isCount(n));
  if (wrong !== undefined) refuse("one filter or more expected", String(wrong));
  for (const n of [taps, classifierTaps])
    if (!isCount(n) || n % 2 === 0) refuse("an odd number of taps expected", String(n));
  const skips = skipsOf(config);
  if (skips.length !== stages.length)
    refuse(`${stages.length} skips expected, one for each stage`, String(skips.length));
  for (const skip of skips) requireWord("skips", skipWords, skip);
};
