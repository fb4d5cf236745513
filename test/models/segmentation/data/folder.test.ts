// Any two folders: CamVid as Cambridge distributes it, by its 32 colours, and options that contradict each other.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import jpeg from "jpeg-js";
import * as assert from "uvu/assert";
import { parseColorTable } from "../../../../src/models/segmentation/data/colorTable.ts";
import { type FolderOptions, openFolder } from "../../../../src/models/segmentation/data/folder.ts";
import { encodeMask, encodePng } from "../../../../src/models/segmentation/data/png.ts";
import {
  type ImageProblem,
  printImageProblem,
} from "../../../../src/models/segmentation/data/problem.ts";
import type { ClassInfo } from "../../../../src/models/segmentation/images.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("openFolder");

const right = <A>(result: E.Either<ImageProblem, A>): A => {
  if (E.isLeft(result)) throw new Error(printImageProblem(result.left));
  return result.right;
};

// label_colors.txt, which comes with CamVid (http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid).
const labelColors = `64 128 64\tAnimal
192 0 128\tArchway
0 128 192\tBicyclist
0 128 64\tBridge
128 0 0\tBuilding
64 0 128\tCar
64 0 192\tCartLuggagePram
192 128 64\tChild
192 192 128\tColumn_Pole
64 64 128\tFence
128 0 192\tLaneMkgsDriv
192 0 64\tLaneMkgsNonDriv
128 128 64\tMisc_Text
192 0 192\tMotorcycleScooter
128 64 64\tOtherMoving
64 192 128\tParkingBlock
64 64 0\tPedestrian
128 64 128\tRoad
128 128 192\tRoadShoulder
0 0 192\tSidewalk
192 128 128\tSignSymbol
128 128 128\tSky
64 128 192\tSUVPickupTruck
0 0 64\tTrafficCone
0 64 64\tTrafficLight
192 64 128\tTrain
128 128 0\tTree
192 128 192\tTruck_Bus
64 0 64\tTunnel
192 192 0\tVegetationMisc
0 0 0\tVoid
64 192 0\tWall
`;

test("reads CamVid of Cambridge: 701_StillsRaw_full and LabeledApproved_full", async () => {
  const table = right(parseColorTable("label_colors.txt", labelColors));
  assert.is(table.length, 32);
  const classes = table.filter(({ name }) => name !== "Void");
  const painted = ["Road", "Void", "Sky", "Wall"].flatMap(
    (it) => table.find(({ name }) => name === it)?.color ?? [],
  );
  const pixels = Uint8Array.from(painted);
  const files = {
    "701_StillsRaw_full/0001TP_006690.png": encodePng({ height: 2, width: 2, pixels }),
    "LabeledApproved_full/0001TP_006690_L.png": encodePng({ height: 2, width: 2, pixels }),
    "LabeledApproved_full/Thumbs.db": new Uint8Array(3),
  };
  const options: FolderOptions = {
    ...{ images: "701_StillsRaw_full", masks: "LabeledApproved_full", suffix: { mask: "_L" } },
    ...{ classes, maskMode: "color", ignore: [[0, 0, 0]] },
  };
  const set = right(await openFolder(options, memorySource(files, 10))());
  assert.equal(set.names, ["0001TP_006690"]);
  const labels = [...right(await set.load(0)()).labels];
  assert.equal(
    labels.map((label) => classes[label]?.name),
    ["Road", undefined, "Sky", "Wall"],
  );
  assert.is(labels[1], 255);
});

const classes: readonly ClassInfo[] = [
  { name: "wall", color: [1, 1, 1] },
  { name: "door", color: [2, 2, 2] },
];
const plain = { images: "i", masks: "m", classes, maskMode: "index" } as const;

test("tells formats by their bytes, and takes 255 for no class", async () => {
  const rgba = new Uint8Array(4 * 8 * 8).fill(128);
  const photo = Uint8Array.from(jpeg.encode({ height: 8, width: 8, data: rgba }, 90).data);
  const labels = Uint8Array.from({ length: 64 }, (_, i) => [0, 1, 255][i % 3] as number);
  const mask = encodeMask({ height: 8, width: 8, labels });
  const files = { "i/a.JPG": photo, "i/b.png": photo, "m/a.png": mask, "m/b.jpeg": mask };
  const set = right(await openFolder(plain, memorySource(files, 10))());
  assert.equal(set.names, ["a", "b"]);
  for (const index of [0, 1]) assert.equal(right(await set.load(index)()).labels, labels);
});

test("refuses two files of one name", async () => {
  const one = new Uint8Array(1);
  const files = { "i/a.jpg": one, "i/a.png": one, "m/a.png": one };
  const opened = await openFolder(plain, memorySource(files, 10))();
  assert.is(
    E.isLeft(opened) && printImageProblem(opened.left),
    'i/a.png: one file called "a" expected, got i/a.jpg too',
  );
});

test("reads pictures and masks side by side", async () => {
  const one = new Uint8Array(1);
  const names = async (files: readonly string[], suffix: NonNullable<FolderOptions["suffix"]>) => {
    const source = memorySource(
      Object.fromEntries(files.map((name) => [`i/${name}.png`, one])),
      10,
    );
    return right(await openFolder({ ...plain, masks: "i", suffix }, source)()).names;
  };
  assert.equal(await names(["a", "a_L", "b_L", "b"], { mask: "_L" }), ["a", "b"]);
  assert.equal(await names(["a", "a_rgb"], { image: "_rgb" }), ["a"]);
  assert.equal(await names(["a_rgb", "a_m"], { image: "_rgb", mask: "_m" }), ["a"]);
});

test("refuses options that contradict each other", async () => {
  const said = async (options: object) => {
    const all = { ...plain, ...options } as FolderOptions; // some are not
    const opened = await openFolder(all, memorySource({}, 10))();
    return E.isLeft(opened) ? printImageProblem(opened.left) : "none";
  };
  assert.is(await said({ classes: [] }), "openFolder: 1…255 classes expected, got 0");
  assert.match(await said({ classes: new Array(256).fill(classes[0]) }), "got 256");
  assert.match(
    await said({ classes: [classes[0], classes[0]] }),
    'a name of its own for each class expected, got "wall"',
  );
  assert.match(
    await said({ masks: "i" }),
    'different suffixes in one folder expected, got "" twice',
  );
  assert.match(await said({ ignore: [1] }), "labels to ignore in 2…255 expected, got 1");
  assert.match(await said({ ignore: [256] }), "got 256");
  assert.match(await said({ maskMode: "colour" }), "masks of index or color expected, got colour");
  assert.match(
    await said({ maskMode: "color", ignore: [[2, 2, 2]] }),
    "a colour of its own for each class expected, got 2 2 2 twice",
  );
  assert.match(
    await said({ maskMode: "color", ignore: [[2, 2, 256]] }),
    "colours of three numbers in 0…255 expected, got 2 2 256",
  );
});

test("reads the host's folders, and names what cannot be read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pullback-"));
  try {
    const pixels = Uint8Array.of(9, 8, 7);
    await writeFile(join(folder, "a.png"), encodePng({ height: 1, width: 1, pixels }));
    await writeFile(
      join(folder, "a_L.png"),
      encodeMask({ height: 1, width: 1, labels: Uint8Array.of(1) }),
    );
    const options: FolderOptions = {
      ...plain,
      images: folder,
      masks: folder,
      suffix: { mask: "_L" },
    };
    const set = right(await openFolder(options)());
    assert.equal(right(await set.load(0)()), {
      name: "a",
      height: 1,
      width: 1,
      pixels,
      labels: Uint8Array.of(1),
    });
    await rm(join(folder, "a.png"));
    const gone = await set.load(0)();
    assert.is(
      E.isLeft(gone) && printImageProblem(gone.left),
      `${join(folder, "a.png")}: a file expected, got nothing`,
    );
    const file = join(folder, "a_L.png");
    const none = await openFolder({ ...options, images: file })();
    assert.is(
      E.isLeft(none) && printImageProblem(none.left),
      `${file}: a readable folder expected, got ENOTDIR`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();
