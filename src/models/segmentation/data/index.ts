// Readers of pictures and masks: each gives a set of them that are loaded one by one, or the file that is wrong. docs/pictures.md
// describes the layouts.

export { type CamVidOptions, openCamVid } from "./camvid.ts";
export { type CityscapesOptions, cityscapesClasses, openCityscapes } from "./cityscapes.ts";
export { parseColorTable, readColorTable } from "./colorTable.ts";
export { decodeColors, decodeLabels, decodePicture } from "./decode.ts";
export { type FolderOptions, openFolder } from "./folder.ts";
export { mostBytes, mostPixels } from "./pictureSize.ts";
export { encodeMask, encodePaletteMask, encodePng } from "./png.ts";
export { type ImageProblem, type ImageProblemTag, printImageProblem } from "./problem.ts";
export { reduced, reducedPictures } from "./reduced.ts";
export { colorTable, type LabelTable, labelsOfColors } from "./relabel.ts";
