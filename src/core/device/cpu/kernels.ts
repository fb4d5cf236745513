// Kernels as code, each generated once: a kernel is one function or several in a row (a scatter first fills its output, a contraction may first
// pack what it multiplies).

import { dtypes, encode } from "../../dtype.ts";
import { pointsOf } from "../../kernel/contraction.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { RecentCache } from "../../recentCache.ts";
import { type ProductPlan, planProduct } from "./contract/plan.ts";
import { emitPacking, emitProduct } from "./contract/product.ts";
import { emitStreamedRow, planStreamedRow, type StreamedRow } from "./contract/streamedRow.ts";
import { planWindowGradients, type WindowGradientsPlan } from "./contract/windowGradients.ts";
import { planWindows, type WindowsPlan } from "./contract/windows.ts";
import { emitFilters, emitWindows } from "./contract/winograd.ts";
import { emitGradients, emitParts } from "./contract/winogradGradients.ts";
import { doubleImports } from "./doubles.ts";
import type { EmitContext } from "./emit/emitter.ts";
import { withoutScales } from "./factors.ts";
import { isFused } from "./fused.ts";
import { emitKernel } from "./kernelCode.ts";
import { cells } from "./layout.ts";
import { planLoops } from "./loops.ts";
import { type Nest, normalised } from "./normalise.ts";
import { parameters } from "./parameters.ts";
import { type Rows, rowsOf } from "./rows.ts";
import type { Sharing } from "./units.ts";
import { FunctionBuilder } from "./wasm/function.ts";
import type { ValueType } from "./wasm/opcodes.ts";

/** One function of a kernel. */
export interface Phase extends Sharing {
  readonly code: FunctionBuilder;
  /** Whether it writes, or reads, memory that the phases of a kernel share. */
  readonly packed: "none" | "writes" | "reads";
  /** For a phase that packs, the inputs that it packs: where they are constants, once is enough. */
  readonly slots?: readonly number[];
}

/** A kernel as functions. */
export interface KernelCode {
  readonly phases: readonly Phase[];
  /** Bytes that its phases share. */
  readonly packedBytes: number;
  /** The rows into which it can be cut; absent where it cannot. */
  readonly rows?: Rows;
}

/** Kernels that check indices, by the number that generated code notes when one is out of range. */
const checking: Kernel[] = [];

/** The kernel that noted a failure. */
export const failedKernel = (number: number): Kernel => checking[number] as Kernel;

const newFunction = (kernel: Nest): FunctionBuilder =>
  new FunctionBuilder(
    Array.from({ length: parameters.inputs + kernel.inputs.length }, (): ValueType => "i32"),
    [],
    isFused(),
  );

const contextOf = (f: FunctionBuilder, kernel: Kernel): EmitContext => ({
  f,
  imported: doubleImports,
  refuse: (index, size) => {
    let number = checking.indexOf(kernel);
    if (number < 0) number = checking.push(kernel) - 1;
    const zero = () => f.i32(0);
    f.if(f.op("i32.eqz", f.memory("i32.load", cells.failed, zero())), () => {
      f.memory("i32.store", cells.failedIndex, zero(), index());
      f.memory("i32.store", cells.failedSize, zero(), size());
      f.memory("i32.store", cells.failedKernel, zero(), f.i32(number));
      f.memory("i32.store", cells.failed, zero(), f.i32(1));
    });
  },
});

/** Elements of the output of a scatter that make one unit of filling it. */
const filled = 4096;

/** Fills the output of a scatter, before anything is added to it. */
const fillPhase = (kernel: Nest, initial: number): Phase => {
  const f = newFunction(kernel);
  const { dtype, size } = kernel.output;
  const { bytes } = dtypes[dtype];
  const units = Math.max(1, Math.ceil(size / filled));
  const [i, end, at] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const first = (unit: number) => f.op("i32.mul", f.get(f.param(unit)), f.i32(filled));
  f.set(end, first(parameters.end));
  f.set(end, f.least(end, size));
  f.for(
    i,
    () => first(parameters.begin),
    end,
    1,
    () => {
      const offset = () => f.op("i32.mul", f.get(i), f.i32(bytes));
      f.set(at, f.op("i32.add", f.get(f.param(parameters.output)), offset()));
      const value = encode(dtype, initial);
      const whole = dtype === "bool" ? Number(value > 0) : clampWhole(value);
      if (dtype === "f32") f.memory("f32.store", 0, f.get(at), f.f32(value));
      else if (dtype === "f64") f.memory("f64.store", 0, f.get(at), f.f64(value));
      else if (bytes === 4) f.memory("i32.store", 0, f.get(at), f.i32(whole));
      else if (bytes === 2) f.memory("i32.store16", 0, f.get(at), f.i32(value));
      else f.memory("i32.store8", 0, f.get(at), f.i32(whole));
    },
  );
  return { code: f, units, work: size, scratchBytes: 0, packed: "none" };
};

const clampWhole = (value: number): number =>
  Number.isNaN(value) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value));

/** A phase of a kernel, as `emit` writes it. */
const phaseOf = (
  kernel: Kernel,
  packed: Phase["packed"],
  emit: (context: EmitContext) => Sharing,
  slots?: readonly number[],
): Phase => {
  const code = newFunction(kernel);
  const sharing = emit(contextOf(code, kernel));
  return { code, packed, ...sharing, ...(slots === undefined ? {} : { slots }) };
};

/** A product: its factors are packed, then multiplied. */
const productCode = (plan: ProductPlan, kernel: Kernel): KernelCode => {
  const { packings, packedBytes } = plan;
  const reads = packings.length > 0 ? "reads" : "none";
  const packing = packings.map((it) =>
    phaseOf(kernel, "writes", (context) => emitPacking(it, context), it.slots),
  );
  const main = phaseOf(kernel, reads, (context) => emitProduct(plan, context));
  return { phases: [...packing, main], packedBytes };
};

/** A row times stored integers. */
const rowCode = (plan: StreamedRow, kernel: Kernel): KernelCode => ({
  phases: [phaseOf(kernel, "none", (context) => emitStreamedRow(plan, context))],
  packedBytes: 0,
});

/** Sums over windows: filters are transformed, then all else is done. */
const windowsCode = (plan: WindowsPlan, kernel: Kernel): KernelCode => ({
  phases: [
    phaseOf(kernel, "writes", (context) => emitFilters(plan, context), [plan.filters.slot]),
    phaseOf(kernel, "reads", (context) => emitWindows(plan, context)),
  ],
  packedBytes: plan.packedBytes,
});

/** Gradients of filters: parts are added up, then they are added. */
const windowGradientsCode = (plan: WindowGradientsPlan, kernel: Kernel): KernelCode => ({
  phases: [
    phaseOf(kernel, "writes", (context) => emitParts(plan, context)),
    phaseOf(kernel, "reads", (context) => emitGradients(plan, context)),
  ],
  packedBytes: plan.packedBytes,
});

const generate = (kernel: Kernel): KernelCode =>
  normalised(kernel, (nest, asGiven) => {
    const fill = kernel.scatter === undefined ? [] : [fillPhase(nest, kernel.scatter.initial)];
    // Without a turn of its loops nothing is computed, and no index is checked.
    if (pointsOf(nest.axes) === 0) return { phases: fill, packedBytes: 0 };
    const windows = planWindows(asGiven);
    if (windows !== undefined) return windowsCode(windows, kernel);
    const gradients = planWindowGradients(asGiven);
    if (gradients !== undefined) return windowGradientsCode(gradients, kernel);
    const plain = withoutScales(nest);
    const row = planStreamedRow(plain) ?? planStreamedRow(nest);
    if (row !== undefined) return rowCode(row, kernel);
    const product = planProduct(plain) ?? planProduct(nest);
    if (product !== undefined) return productCode(product, kernel);
    const main = phaseOf(kernel, "none", (context) => emitKernel(plain, context));
    // A kernel that checks indices is a step of its own, after which the program may stop.
    const isAlone = kernel.indexedBy !== undefined || main.work === 0;
    const rows = isAlone ? {} : { rows: rowsOf(plain, planLoops(plain)) };
    return { phases: [...fill, main], packedBytes: 0, ...rows };
  });

/** The code of a kernel whose units are rows, which its `rows` allow. */
const generateRows = (kernel: Kernel, rows: number): Phase =>
  normalised(kernel, (nest) =>
    phaseOf(kernel, "none", (context) => emitKernel(withoutScales(nest), context, { rows })),
  );

const generated = new RecentCache<KernelCode>(8192);
const generatedByRows = new RecentCache<Phase>(8192);
let count = 0;

/** Kernels that code was generated for. */
export const generatedKernels = (): number => count;

/** The code of a kernel; equal kernels share it, except that those that check indices name the op which does. */
export const codeOf = (kernel: Kernel): KernelCode => {
  const { key, indexedBy } = kernel;
  return generated.get(indexedBy === undefined ? key : `${indexedBy} ${key}`, () => {
    count++;
    return generate(kernel);
  });
};

/** The code of a kernel by rows. */
export const rowCodeOf = (kernel: Kernel, rows: number): Phase =>
  generatedByRows.get(`${rows} ${kernel.key}`, () => {
    count++;
    return generateRows(kernel, rows);
  });
