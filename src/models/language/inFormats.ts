// How models are kept in files whose parameters are stored in formats of `Compress`.

import * as E from "fp-ts/lib/Either.js";
import { fail } from "../../core/errors.ts";
import { packedLike, readFormats } from "../../nn/compress/index.ts";
import type { StorageOptions } from "./saved.ts";

/**
 * For `saveModel` and `loadModel`: models whose parameters are `Compress.pack(formats)(params)`.
 *
 * @example
 * import { rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { Language } from "pullback/models";
 * const { configOf, init, loadModel, saveModel } = Language;
 * const path = `${tmpdir()}/pullback-packed-model-${process.pid}.safetensors`;
 * const config = configOf("nano", 2, { width: 4, heads: 2, layers: 1 });
 * const params = init(key(0), config);
 * const formats = Compress.formatsOf(params);
 * const packed = Compress.pack(formats)(params);
 * await saveModel(path, { config, params: packed, formats, tokenizer: { symbols: 2 } }, inFormats)();
 * const found = await loadModel<Compress.Packed<Language.Params>>(path, inFormats)();
 * found._tag === "Right" && leavesOf(found.right.params).some(({ dtype }) => dtype === "i8") // true
 * rmSync(path);
 */
export const inFormats: StorageOptions = {
  packed: (said, params) => {
    const formats = readFormats(said);
    if (E.isRight(formats)) return packedLike(formats.right)(params);
    const { rule, got } = formats.left;
    return fail("inFormats", "InvalidArgument", rule, got);
  },
};
