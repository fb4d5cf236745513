// Runs vector code on arrays: a module is built around it whose only function applies it to four elements at a time.

import { isFused } from "../../../../src/core/device/cpu/fused.ts";
import { FunctionBuilder, type Pushed } from "../../../../src/core/device/cpu/wasm/function.ts";
import { encodeModule } from "../../../../src/core/device/cpu/wasm/module.ts";

/** Writes code that replaces its operands on the stack with one vector. */
export type LaneCode = (f: FunctionBuilder, ...operands: Pushed<"v128">[]) => Pushed<"v128">;

/** Applies code to patterns of 32 bits, as many arrays as it has operands; the results are patterns as well. */
export type LaneFunction = (...operands: readonly Uint32Array[]) => Uint32Array<ArrayBuffer>;

/**
 * The code of `operandCount` operands as a function of arrays, whose length is a multiple of 4; multiply and add are one instruction where it
 * is `fused`.
 */
export const onLanes = (code: LaneCode, operandCount = 1, fused = isFused()): LaneFunction => {
  const bytes = moduleOf(code, operandCount, fused);
  return (...operands) => {
    const { length } = operands[0] as Uint32Array; // one operand at least
    const pages = Math.ceil((4 * length * (operandCount + 1)) / 65536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
    const words = new Uint32Array(memory.buffer);
    operands.forEach((operand, i) => {
      words.set(operand, i * length);
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    const apply = instance.exports.apply as (arrayBytes: number) => void; // the module's only export
    apply(4 * length);
    const start = operandCount * length;
    return words.slice(start, start + length);
  };
};

/** apply(arrayBytes): the operands lie one after the other, and the result behind them. */
const moduleOf = (
  code: LaneCode,
  operandCount: number,
  fused: boolean,
): Uint8Array<ArrayBuffer> => {
  const f = new FunctionBuilder(["i32"], [], fused);
  const size = f.param(0);
  const offset = f.local("i32");
  const address = (array: number) =>
    f.op("i32.add", f.get(offset), f.op("i32.mul", f.get(size), f.i32(array)));
  f.for(
    offset,
    () => f.i32(0),
    () => f.get(size),
    16,
    () => {
      const at = address(operandCount);
      const operands = Array.from({ length: operandCount }, (_, i) =>
        f.memory("v128.load", 0, address(i)),
      );
      f.memory("v128.store", 0, at, code(f, ...operands));
    },
  );
  return encodeModule({
    memory: { initialPages: 1, maximumPages: 65536, isShared: false },
    imports: [],
    functions: [f],
    exports: { apply: 0 },
  });
};
