// Tensors in files: safetensors for checkpoints, npy and npz for arrays from and for numpy.

export { decodeNpy, encodeNpy, loadNpy, saveNpy } from "./npy.ts";
export { decodeNpz, encodeNpz, loadNpz, type NpzOptions, saveNpz } from "./npz.ts";
export {
  type FileProblem,
  type FormatProblem,
  type FormatTag,
  printFileProblem,
} from "./problem.ts";
export {
  type Contents,
  decodeSafetensors,
  encodeSafetensors,
  type Metadata,
  type Tensors,
} from "./safetensors.ts";
export {
  type LoadedTree,
  loadTensors,
  loadTree,
  saveTensors,
  saveTree,
} from "./tree.ts";
