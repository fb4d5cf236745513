// Sets of pictures and masks in memory with every damage that we know of, in every layout, and a model of what a reader must say.

import fc from "fast-check";
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../../../src/models/fileSource.ts";
import { openCamVid } from "../../../../src/models/segmentation/data/camvid.ts";
import { openCityscapes } from "../../../../src/models/segmentation/data/cityscapes.ts";
import { openFolder } from "../../../../src/models/segmentation/data/folder.ts";
import { encodeMask, encodePng } from "../../../../src/models/segmentation/data/png.ts";
import type {
  ImageProblem,
  ImageProblemTag,
} from "../../../../src/models/segmentation/data/problem.ts";
import type {
  Color,
  LabelledPicture,
  LabelledPictures,
} from "../../../../src/models/segmentation/images.ts";

/** What stands for a class or for none in a mask, and what for nothing. */
interface Values {
  readonly known: readonly (readonly [value: number, label: number])[];
  readonly unknown: readonly number[];
  readonly shown: (value: number) => string;
  readonly file: (height: number, width: number, values: readonly number[]) => Uint8Array;
}

/** A layout: where files are, and what opens it. */
export interface Layout {
  readonly open: (source: FileSource) => TE.TaskEither<ImageProblem, LabelledPictures>;
  readonly folders: readonly [pictures: string, masks: string];
  readonly paths: (name: string) => readonly [picture: string, mask: string];
  /** Files that do not matter, so that no folder is missing. */
  readonly strays: readonly string[];
  readonly names: fc.Arbitrary<string>;
  readonly values: Values;
}

const indexed = (known: Values["known"], unknown: readonly number[]): Values => ({
  ...{ known, unknown, shown: String },
  file: (height, width, values) => encodeMask({ height, width, labels: Uint8Array.from(values) }),
});

const painted = (colors: readonly Color[], others: readonly Color[]): Values => {
  const number = (color: readonly number[]) => color.reduce((sum, it) => 256 * sum + it, 0);
  const parts = (value: number) => [value >> 16, (value >> 8) & 255, value & 255];
  return {
    known: [
      ...colors.map((color, k) => [number(color), k] as const),
      ...others.map((color) => [number(color), 255] as const),
    ],
    unknown: [0x010203, 0xffffff],
    shown: (value) => `colour ${parts(value).join(" ")}`,
    file: (height, width, values) =>
      encodePng({ height, width, pixels: Uint8Array.from(values.flatMap(parts)) }),
  };
};

const words = fc.constantFrom("a", "b", "a-b", "a_1", "B", "a.b", "z 9", "0001TP_006690");
const trainedIds = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33];
const colors: readonly Color[] = [
  [0, 0, 0],
  [128, 64, 0],
  [0, 0, 255],
];

/** The layouts that are read. */
export const layouts: Readonly<Record<string, Layout>> = {
  camvid: {
    open: (source) => openCamVid({ folder: "d", split: "val" }, source),
    folders: ["d/val", "d/valannot"],
    paths: (name) => [`d/val/${name}.png`, `d/valannot/${name}.png`],
    strays: ["d/val/.hidden.png", "d/valannot/notes.txt", "d/train.txt"],
    names: words,
    values: indexed(
      Array.from({ length: 12 }, (_, value) => [value, value === 11 ? 255 : value] as const),
      [12, 100, 255],
    ),
  },
  cityscapes: {
    open: (source) => openCityscapes({ folder: "d", split: "train" }, source),
    folders: ["d/leftImg8bit/train", "d/gtFine/train"],
    paths: (name) => [
      `d/leftImg8bit/train/${name}_leftImg8bit.png`,
      `d/gtFine/train/${name}_gtFine_labelIds.png`,
    ],
    strays: ["aachen", "bonn"].flatMap((city) => [
      `d/leftImg8bit/train/${city}/notes.txt`,
      `d/gtFine/train/${city}/${city}_0_gtFine_color.png`,
    ]),
    names: fc
      .record({ city: fc.constantFrom("aachen", "bonn"), frame: fc.nat(20) })
      .map(({ city, frame }) => `${city}/${city}_${frame}`),
    values: indexed(
      [...Array.from({ length: 34 }, (_, id) => id), 255].map((id) => {
        const label = trainedIds.indexOf(id);
        return [id, label < 0 ? 255 : label] as const;
      }),
      [34, 254],
    ),
  },
  "folder by index": {
    open: (source) =>
      openFolder(
        {
          ...{ images: "i", masks: "m", maskMode: "index", ignore: [3, 200] },
          classes: colors.map((color, k) => ({ name: `${k}`, color })),
        },
        source,
      ),
    folders: ["i", "m"],
    paths: (name) => [`i/${name}.PNG`, `m/${name}.png`],
    strays: ["i/notes.txt", "m/Thumbs.db"],
    names: words,
    values: indexed([...colors.map((_, k) => [k, k] as const), [3, 255], [200, 255]], [4, 255]),
  },
  "folder by colour": {
    open: (source) =>
      openFolder(
        {
          ...{ images: "s", masks: "s", suffix: { image: "", mask: "_L" }, maskMode: "color" },
          ignore: [[9, 9, 9]],
          classes: colors.map((color, k) => ({ name: `${k}`, color })),
        },
        source,
      ),
    folders: ["s", "s"],
    paths: (name) => [`s/${name}.jpeg`, `s/${name}_L.png`], // told by their bytes: a PNG, too
    strays: ["s/notes.txt"],
    names: words,
    values: painted(colors, [[9, 9, 9]]),
  },
};

type State = "good" | "missing" | "cut" | "text" | "wrong";

/** A picture and its mask, and what happened to them. */
export interface Item {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly bytes: Uint8Array;
  readonly picture: Exclude<State, "wrong">;
  /** "wrong": colours for indices; a JPEG for colours. */
  readonly mask: State;
  readonly isMaskTaller: boolean;
  /** Values in the mask that stand for nothing. */
  readonly unknown: readonly { readonly which: number; readonly at: number }[];
}

const often = <A>(good: A, ...bad: readonly A[]): fc.Arbitrary<A> =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant(good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );

/** Sets in a layout; about half of them are whole. */
export const itemsIn = ({ names }: Layout): fc.Arbitrary<readonly Item[]> =>
  fc.uniqueArray(
    fc.record<Item>({
      name: names,
      height: fc.integer({ min: 1, max: 4 }),
      width: fc.integer({ min: 1, max: 4 }),
      bytes: fc.uint8Array({ minLength: 48, maxLength: 48 }),
      picture: often("good", "missing", "cut", "text"),
      mask: often("good", "missing", "cut", "text", "wrong"),
      isMaskTaller: often(false, true),
      unknown: fc.oneof(
        { weight: 10, arbitrary: fc.constant([]) },
        {
          weight: 1,
          arbitrary: fc.array(fc.record({ which: fc.nat(2), at: fc.nat(20) }), { maxLength: 3 }),
        },
      ),
    }),
    { selector: ({ name }) => name, maxLength: 4 },
  );

const maskHeight = ({ height, isMaskTaller }: Item): number => height + Number(isMaskTaller);

const maskValues = ({ values }: Layout, item: Item): readonly number[] => {
  const count = maskHeight(item) * item.width;
  const found = Array.from({ length: count }, (_, i) => {
    const [value] = values.known[(item.bytes[i % 48] as number) % values.known.length] ?? [0];
    return value;
  });
  for (const { which, at } of item.unknown)
    found[at % count] = values.unknown[which % values.unknown.length] as number;
  return found;
};

const jpegBytes = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 2);
const damaged = (state: State, good: Uint8Array, wrong: Uint8Array): Uint8Array => {
  if (state === "cut") return good.subarray(0, good.length - 1);
  if (state === "text") return new TextEncoder().encode("version https://git-lfs");
  return state === "wrong" ? wrong : good;
};

/** The files of a set. */
export const filesOf = (
  layout: Layout,
  items: readonly Item[],
): Readonly<Record<string, Uint8Array>> => {
  const files = new Map<string, Uint8Array>(layout.strays.map((path) => [path, new Uint8Array(0)]));
  if (files.has("d/train.txt"))
    files.set("d/train.txt", new TextEncoder().encode("of another split"));
  for (const item of items) {
    const [picturePath, maskPath] = layout.paths(item.name);
    const { height, width, bytes, picture, mask } = item;
    const pixels = bytes.subarray(0, 3 * height * width);
    const seen = encodePng({ height, width, pixels });
    const known = layout.values.file(maskHeight(item), width, maskValues(layout, item));
    const wrong = layout.values.shown(0) === "0" ? seen : jpegBytes;
    if (picture !== "missing") files.set(picturePath, damaged(picture, seen, seen));
    if (mask !== "missing") files.set(maskPath, damaged(mask, known, wrong));
  }
  return Object.fromEntries(files);
};

/** What is to be refused, and what its message has besides the file. */
export interface Refusal {
  readonly tag: ImageProblemTag;
  readonly file: string;
  readonly says?: string;
}

/** What opening a set should give: its names in order, or a refusal. */
export const opening = (layout: Layout, items: readonly Item[]): readonly Item[] | Refusal => {
  const [pictures, masks] = [
    items.filter((it) => it.picture !== "missing"),
    items.filter((it) => it.mask !== "missing"),
  ];
  if (pictures.length === 0) return { tag: "EmptyFolder", file: layout.folders[0] };
  if (masks.length === 0) return { tag: "EmptyFolder", file: layout.folders[1] };
  const by = (end: 0 | 1) => (a: Item, b: Item) =>
    Number(layout.paths(a.name)[end] > layout.paths(b.name)[end]) * 2 - 1;
  const [single] = pictures.filter((it) => it.mask === "missing").sort(by(0));
  if (single !== undefined) {
    const [picture, mask] = layout.paths(single.name);
    return { tag: "MissingMask", file: picture, says: mask };
  }
  const [other] = masks.filter((it) => it.picture === "missing").sort(by(1));
  if (other !== undefined) return { tag: "MissingPicture", file: layout.paths(other.name)[1] };
  return pictures.sort(by(0));
};

/** What loading a picture should give. */
export const loading = (layout: Layout, item: Item): LabelledPicture | Refusal => {
  const { name, height, width, bytes, picture, mask } = item;
  const [picturePath, maskPath] = layout.paths(name);
  if (picture === "cut") return { tag: "CorruptImage", file: picturePath };
  if (picture === "text") return { tag: "UnknownFormat", file: picturePath };
  if (mask === "cut") return { tag: "CorruptImage", file: maskPath };
  if (mask === "text") return { tag: "UnknownFormat", file: maskPath };
  if (mask === "wrong") return { tag: "WrongMode", file: maskPath };
  const values = maskValues(layout, item);
  const labelOf = new Map(layout.values.known);
  const first = values.findIndex((value) => !labelOf.has(value));
  const bad = values[first];
  if (bad !== undefined) {
    const count = values.filter((value) => value === bad).length;
    const at = `row ${Math.floor(first / width)}, column ${first % width}`;
    const says = `got ${layout.values.shown(bad)} in ${count} pixels, the first at ${at}`;
    return { tag: "UnknownLabel", file: maskPath, says };
  }
  if (item.isMaskTaller) {
    const says = `a mask of [${height}, ${width}] expected, as ${picturePath} is, got [${height + 1}, ${width}]`;
    return { tag: "WrongSize", file: maskPath, says };
  }
  const pixels = bytes.subarray(0, 3 * height * width);
  const labels = Uint8Array.from(values, (value) => labelOf.get(value) ?? 0);
  return { name, height, width, pixels, labels };
};
