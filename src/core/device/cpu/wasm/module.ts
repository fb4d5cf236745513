// Puts functions together to a WebAssembly module (https://webassembly.github.io/spec/core/binary/modules.html) with one imported memory.

import { Bytes } from "./bytes.ts";
import { type FunctionBuilder, typeCode } from "./function.ts";
import type { ValueType } from "./opcodes.ts";

/** A function that the module is given: all in the namespace "env". */
export interface ImportedFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** The memory that a module works on, in pages of 64 KiB. */
export interface ImportedMemory {
  readonly initialPages: number;
  readonly maximumPages: number;
  readonly isShared: boolean;
}

/** What a module is made of. Imported functions have the first numbers, then come its own in their order. */
export interface ModuleParts {
  readonly memory: ImportedMemory;
  readonly imports: readonly ImportedFunction[];
  readonly functions: readonly FunctionBuilder[];
  /** Names of functions that can be called from outside, and their numbers. */
  readonly exports: Readonly<Record<string, number>>;
}

const section = (out: Bytes, id: number, count: number, write: (content: Bytes) => void): void => {
  if (count === 0) return;
  const content = new Bytes();
  content.unsigned(count);
  write(content);
  out.byte(id);
  out.unsigned(content.length);
  out.bytes(content.written);
};

const writeBody = (out: Bytes, { code, localTypes }: FunctionBuilder): void => {
  const body = new Bytes();
  const runs: { type: ValueType; count: number }[] = [];
  for (const type of localTypes) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  body.unsigned(runs.length);
  for (const { type, count } of runs) {
    body.unsigned(count);
    body.byte(typeCode(type));
  }
  body.bytes(code.written);
  body.byte(0x0b);
  out.unsigned(body.length);
  out.bytes(body.written);
};

/** The bytes of a module. */
export const encodeModule = (parts: ModuleParts): Uint8Array<ArrayBuffer> => {
  const { memory, imports, functions, exports } = parts;
  const signatures = new Map<string, number>();
  const types: { params: readonly ValueType[]; results: readonly ValueType[] }[] = [];
  const typeOf = (params: readonly ValueType[], results: readonly ValueType[]): number => {
    const key = `${params.join()}>${results.join()}`;
    const known = signatures.get(key);
    if (known !== undefined) return known;
    signatures.set(key, types.length);
    return types.push({ params, results }) - 1;
  };
  const importTypes = imports.map(({ params, results }) => typeOf(params, results));
  const ownTypes = functions.map(({ params, results }) => typeOf(params, results));
  const out = new Bytes();
  out.bytes(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  section(out, 1, types.length, (content) => {
    for (const { params, results } of types) {
      content.byte(0x60);
      for (const list of [params, results]) {
        content.unsigned(list.length);
        for (const type of list) content.byte(typeCode(type));
      }
    }
  });
  section(out, 2, imports.length + 1, (content) => {
    imports.forEach(({ name }, i) => {
      content.name("env");
      content.name(name);
      content.byte(0);
      content.unsigned(importTypes[i] as number);
    });
    content.name("env");
    content.name("memory");
    content.byte(2);
    content.byte(memory.isShared ? 3 : 1);
    content.unsigned(memory.initialPages);
    content.unsigned(memory.maximumPages);
  });
  section(out, 3, functions.length, (content) => {
    for (const type of ownTypes) content.unsigned(type);
  });
  const exported = Object.entries(exports);
  section(out, 7, exported.length, (content) => {
    for (const [name, index] of exported) {
      content.name(name);
      content.byte(0);
      content.unsigned(index);
    }
  });
  section(out, 10, functions.length, (content) => {
    for (const builder of functions) writeBody(content, builder);
  });
  return out.written.slice();
};
