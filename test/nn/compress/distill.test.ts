// Losses of distillation: the teacher as it is, cross-entropy as one end and KL as the other, logits of any size. PyTorch's values and
// gradients are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../../src/core/run/checkGradients.ts";
import { grad, item, type Tensor, tensor, values } from "../../../src/index.ts";
import { Compress, crossEntropy, meanSquaredError } from "../../../src/nn/index.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { arbitrary } from "../../support/slopes.ts";
import { suite } from "../../support/suite.ts";

const { distillationLoss, hiddenLoss, softTargetLoss } = Compress;

const test = suite("distillationLoss, hiddenLoss");

const logits = fc
  .array(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 3 }), {
    minLength: 4,
    maxLength: 4,
  })
  .map((rows) => tensor(rows, { dtype: "f64" }));
const temperatures = fc.constantFrom(0.5, 1, 2, 5);
const targets = tensor([0, 2, 1, 1], { dtype: "i32" });

test(
  "is never negative for the soft part, and 0 for a student like its teacher",
  forAll({ student: logits, teacher: logits, temperature: temperatures })(
    ({ student, teacher, temperature }) => {
      const loss = softTargetLoss({ temperature });
      assert.ok(item(loss(student, teacher)) >= -1e-12);
      assert.ok(Math.abs(item(loss(student, student))) < 1e-12);
    },
  ),
);

test(
  "is the cross-entropy for α = 0, the soft part for α = 1, and between them in between",
  forAll({
    student: logits,
    teacher: logits,
    temperature: temperatures,
    alpha: fc.constantFrom(0, 0.25, 1),
  })(({ student, teacher, temperature, alpha }) => {
    const found = item(distillationLoss({ temperature, alpha })(student, teacher, targets));
    const hard = item(crossEntropy()(student, targets));
    const soft = item(softTargetLoss({ temperature })(student, teacher));
    const expected = (1 - alpha) * hard + alpha * soft;
    assert.ok(Math.abs(found - expected) <= 1e-10 * (1 + Math.abs(expected)));
  }),
);

test(
  "has no gradient into the teacher",
  forAll(
    { student: logits, teacher: logits },
    { runs: 20 },
  )(({ student, teacher }) => {
    const loss = distillationLoss({ alpha: 0.7 });
    const slopes = grad((t: Tensor) => loss(student, t, targets))(teacher);
    assert.ok(values(slopes).every((g) => g === 0));
    const hidden = grad((t: Tensor) => hiddenLoss()(student, t))(teacher);
    assert.ok(values(hidden).every((g) => g === 0));
  }),
);

test("has gradients in the student, to second order", () => {
  const teacher = arbitrary([4, 3], 7);
  assertGradients(
    (student: Tensor) => distillationLoss({ temperature: 3 })(student, teacher, targets),
    [arbitrary([4, 3], 1)],
  );
  assertGradients(
    (student: Tensor, projection: Tensor) => hiddenLoss({ projection })(student, teacher),
    [arbitrary([4, 2], 1), arbitrary([2, 3], 2)],
  );
});

test("is finite in f32 for logits of ±1e4, gradient too", () => {
  const student = tensor([[1e4, -1e4, 0]]);
  const teacher = tensor([[-1e4, 1e4, 0]]);
  const loss = (x: Tensor) =>
    distillationLoss({ temperature: 1 })(x, teacher, tensor([0], { dtype: "i32" }));
  assert.is(item(loss(student)), 1e4); // half of a divergence of 2e4
  assert.equal([...values(grad(loss)(student))], [0.5, -0.5, 0]);
});

test("classes that the teacher rules out add nothing, whatever the student has there, gradient too", () => {
  const teacher = tensor([[1, 2, Number.NEGATIVE_INFINITY]]);
  const loss = softTargetLoss({ temperature: 1 });
  const share = Math.exp(1) / (Math.exp(1) + Math.exp(2)); // of the first class, for the teacher
  const entropy = -share * Math.log(share) - (1 - share) * Math.log(1 - share);
  const even = loss(tensor([[0, 0, 0]]), teacher);
  assert.ok(Math.abs(item(even) - (Math.log(3) - entropy)) < 1e-6); // f32
  const slopes = values(grad((x: Tensor) => loss(x, teacher))(tensor([[0, 0, 0]])));
  [1 / 3 - share, 1 / 3 - (1 - share), 1 / 3].forEach((g, i) => {
    assert.ok(Math.abs((slopes[i] as number) - g) < 1e-6);
  });
  // Where both rule it out, they agree; no gradient is there.
  assert.is(item(loss(teacher, teacher)), 0);
  assert.equal([...values(grad((x: Tensor) => loss(x, teacher))(teacher))], [0, 0, 0]);
});

test("of hidden states is the mean squared distance, after the projection", () => {
  const [student, teacher] = [tensor([[1, 2]]), tensor([[3, 2]])];
  assert.is(item(hiddenLoss()(student, teacher)), item(meanSquaredError(student, teacher)));
  const projection = tensor([
    [2, 0],
    [0, 1],
  ]);
  assert.is(item(hiddenLoss({ projection })(student, teacher)), 0.5); // (2 − 3)² and 0
});

test("says what does not fit", () => {
  const [student, teacher] = [tensor([[1, 2]]), tensor([[1, 2, 3]])];
  assert.is(
    messageOf(() => softTargetLoss()(student, teacher)),
    "softTargetLoss: equal shapes of student and teacher expected, got [1, 2] and [1, 3]",
  );
  assert.is(
    messageOf(() => hiddenLoss()(student, teacher)),
    "hiddenLoss: equal shapes of student and teacher expected, got [1, 2] and [1, 3]\nhint: a projection makes widths equal",
  );
  assert.is(
    messageOf(() => distillationLoss({ alpha: 2 })),
    "distillationLoss: alpha in 0…1 expected, got 2",
  );
  assert.is(
    messageOf(() => distillationLoss({ temperature: 0 })),
    "softTargetLoss: a temperature above 0 expected, got 0",
  );
});

test.run();
