// Random programs: lists of moves, each of which makes a tensor from those that are there already. Moves are drawn as plain numbers and
// read against the tensors at hand, so that any part of a program left out leaves a program: counterexamples shrink well.
//
// All values stay within −2 … 2 or so, whatever is applied to what: sums become means, exponentials are scaled.

import { inspect } from "node:util";
import fc from "fast-check";
import { printShape, type Shape, sizeOf } from "../../src/core/shape.ts";
import * as P from "../../src/index.ts";
import { type Made, type Move, moves } from "./moves.ts";

/** A move as drawn: which one, and the choices it makes. */
interface Drawn {
  readonly move: number;
  readonly choices: readonly number[];
}

/** A program: shapes of its inputs, values, and moves. */
export class Program {
  readonly shapes: readonly Shape[];
  readonly values: readonly (readonly number[])[];
  readonly drawn: readonly Drawn[];
  readonly allowed: readonly Move[];

  constructor(
    shapes: readonly Shape[],
    values: readonly (readonly number[])[],
    drawn: readonly Drawn[],
    allowed: readonly Move[],
  ) {
    this.shapes = shapes;
    this.values = values;
    this.drawn = drawn;
    this.allowed = allowed;
  }

  /** The inputs. */
  inputs(dtype: "f32" | "f64"): P.Tensor[] {
    return this.shapes.map((shape, i) =>
      P.tensor(Float64Array.from(this.values[i] as number[]), { shape, dtype }),
    );
  }

  /** Every tensor of the program on inputs, in order. */
  private build(inputs: readonly P.Tensor[]): readonly Made[] {
    const made: Made[] = inputs.map((tensor, i) => ({ tensor, name: `x${i}`, code: "", uses: [] }));
    for (const { move, choices } of this.drawn) {
      const next = this.allowed[move - 1]?.(made, chooser(choices)); // 0 makes no move
      if (next !== undefined) made.push({ ...next, name: `t${made.length}` });
    }
    return made;
  }

  /** The sum of weighted means of what nothing else uses. */
  loss(...inputs: readonly P.Tensor[]): P.Tensor {
    return this.ends(this.build(inputs))
      .map(({ tensor }, i) => P.mul(P.mean(tensor), 1 / (i + 1)))
      .reduce((a, b) => P.add(a, b));
  }

  private ends(made: readonly Made[]): readonly Made[] {
    const used = new Set(made.flatMap(({ uses }) => uses));
    return made.filter(({ tensor }) => !used.has(tensor));
  }

  /** How many moves it makes. */
  get length(): number {
    return this.build(this.inputs("f32")).length - this.shapes.length;
  }

  /** As one would write it. */
  [inspect.custom](): string {
    const made = this.build(this.inputs("f32"));
    const inputs = this.shapes.map(
      (shape, i) =>
        `const x${i} = tensor(${inspect(this.values[i], { breakLength: Infinity, maxArrayLength: 64 })}, { shape: ${printShape(shape)} });`,
    );
    const lines = made
      .slice(this.shapes.length)
      .map(({ name, code, tensor }) => `const ${name} = ${code}; // ${printShape(tensor.shape)}`);
    const terms = this.ends(made).map(({ name }, i) => `mul(mean(${name}), 1 / ${i + 1})`);
    return [
      ...inputs,
      ...lines,
      `const loss = [${terms.join(", ")}].reduce((a, b) => add(a, b));`,
    ].join("\n    ");
  }
}

/** Reads choices one after the other, each as one of n. */
const chooser = (choices: readonly number[]) => {
  let next = 0;
  return (n: number): number => (choices[next++ % choices.length] as number) % Math.max(1, n);
};

const inputShapes: readonly (readonly Shape[])[] = [
  [[2, 3], [3]],
  [[4], [2, 4], [2, 2, 2]],
  [
    [3, 3],
    [2, 3],
  ],
  [[], [5], [1, 2]],
];

/** Programs of up to 40 moves. */
export const programs = (
  options: { readonly isSmooth: boolean } = { isSmooth: false },
): fc.Arbitrary<Program> => {
  const allowed = moves
    .filter(({ hasKink }) => !(options.isSmooth && hasKink))
    .map(({ move }) => move);
  const drawn: fc.Arbitrary<Drawn> = fc.record({
    move: fc.nat(allowed.length),
    choices: fc.array(fc.nat(999), { minLength: 6, maxLength: 6 }),
  });
  return fc.constantFrom(...inputShapes).chain((shapes) =>
    fc
      .tuple(
        fc.tuple(
          ...shapes.map((shape) =>
            fc.array(
              fc.integer({ min: -64, max: 64 }).map((k) => k / 64),
              { minLength: sizeOf(shape), maxLength: sizeOf(shape) },
            ),
          ),
        ),
        fc.array(drawn, { minLength: 7, maxLength: 40, size: "max" }),
      )
      .map(([values, list]) => new Program(shapes, values, list, allowed)),
  );
};

/** The loss of a program and its gradients, as a function of its inputs. */
export const outcomeOfProgram = (program: Program) => {
  const f = (inputs: readonly P.Tensor[]) => program.loss(...inputs);
  return (inputs: readonly P.Tensor[]): readonly P.Tensor[] => {
    const [loss, gradients] = P.valueAndGrad(f)(inputs);
    return [loss, ...gradients];
  };
};
