// The canvas: what a polygon covers, whose pixel it is, and small pictures by hand.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  canvasOf,
  fill,
  labelsOf,
  lightOf,
} from "../../../../src/models/segmentation/scenes/canvas.ts";
import { bar, box, ellipse } from "../../../../src/models/segmentation/scenes/shapes.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("canvas");

const coordinate = fc.double({ min: -0.5, max: 1.5, noNaN: true });

test(
  "a box covers the samples whose middle is inside",
  forAll({ x0: coordinate, x1: coordinate, y0: coordinate, y1: coordinate })(
    ({ x0, x1, y0, y1 }) => {
      const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
      const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)];
      const canvas = canvasOf(8, 10);
      fill(canvas, box(left, top, right, bottom), { label: 1 });
      canvas.labels.forEach((label, at) => {
        const [y, x] = [(Math.floor(at / 20) + 0.5) / 16, ((at % 20) + 0.5) / 16];
        const margin = Math.min(...[x - left, right - x, y - top, bottom - y].map(Math.abs));
        if (margin < 1e-9) return; // on the border either will do
        assert.is(label === 1, x > left && x < right && y > top && y < bottom);
      });
    },
  ),
);

test(
  "a bar covers as many samples as it is large, at any angle",
  forAll({ angle: fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }) })(({ angle }) => {
    const canvas = canvasOf(60, 60);
    const [dx, dy] = [0.3 * Math.cos(angle), 0.3 * Math.sin(angle)];
    fill(canvas, bar([0.5 - dx, 0.5 - dy], [0.5 + dx, 0.5 + dy], 0.1), { label: 1 });
    const area = canvas.labels.filter((label) => label === 1).length / 120 ** 2;
    assert.ok(Math.abs(area - 0.06) < 0.003, `${area}`); // a border of 1.4 heights, a tenth of its samples off
  }),
);

test("a star is hollow by the even-odd rule", () => {
  const canvas = canvasOf(32, 32);
  const corners = ellipse([0.5, 0.5], 0.45, 0.45, 5);
  fill(
    canvas,
    [0, 2, 4, 1, 3].map((k) => corners[k]!),
    { label: 2 },
  );
  assert.is.not(canvas.labels[32 * 64 + 32], 2);
  assert.is(canvas.labels[32 * 64 + 55], 2);
});

test("a pixel has the mean light of its samples and the label of most of them", () => {
  const canvas = canvasOf(1, 2);
  fill(canvas, box(0, 0, 2, 1), { label: 0, light: [1, 1, 1] });
  fill(canvas, box(0.5, 0, 1, 1), { label: 3, light: [0, 0.5, 1] }); // half of the left pixel
  fill(canvas, box(1, 0.5, 2, 1), { label: 5 }); // half of the right
  fill(canvas, box(1.5, 0, 2, 0.5), { label: 5 }); // and a quarter
  assert.equal([...labelsOf(canvas)], [0, 5]);
  assert.equal([...lightOf(canvas)], [0.5, 0.75, 1, 1, 1, 1]);
});

test("shade scales the light, cover lets what lay below shine through", () => {
  const canvas = canvasOf(1, 1);
  fill(canvas, box(0, 0, 1, 1), { light: [1, 0, 0], shade: (x) => (x < 0.5 ? 0 : 2) });
  fill(canvas, box(0, 0, 1, 1), { light: [0, 1, 0], cover: () => 0.25 });
  assert.equal([...lightOf(canvas)], [0.75, 0.25, 0]);
});

test.run();
