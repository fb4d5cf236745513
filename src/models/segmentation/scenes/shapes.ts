// Shapes as polygons: everything that a scene shows is made of these.

import type { Point } from "./canvas.ts";

/** A rectangle with upright sides. */
export const box = (left: number, top: number, right: number, bottom: number): Point[] => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
];

/** An ellipse, as a polygon of `corners` points. */
export const ellipse = ([x, y]: Point, radiusX: number, radiusY = radiusX, corners = 14): Point[] =>
  blob([x, y], radiusX, radiusY, Array(corners).fill(1));

/** A ragged ellipse, with one factor of the radius for each of its points. */
export const blob = (
  [x, y]: Point,
  radiusX: number,
  radiusY: number,
  factors: readonly number[],
): Point[] =>
  factors.map((factor, k) => {
    const angle = (2 * Math.PI * k) / factors.length;
    return [x + factor * radiusX * Math.cos(angle), y + factor * radiusY * Math.sin(angle)];
  });

/** A bar from one place to another, of a width at each end. */
export const bar = (from: Point, to: Point, width: number, endWidth = width): Point[] => {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy) || 1;
  const [nx, ny] = [-dy / length / 2, dx / length / 2];
  return [
    [from[0] + nx * width, from[1] + ny * width],
    [to[0] + nx * endWidth, to[1] + ny * endWidth],
    [to[0] - nx * endWidth, to[1] - ny * endWidth],
    [from[0] - nx * width, from[1] - ny * width],
  ];
};

/** The bars along the border of a polygon. */
export const outline = (points: readonly Point[], width: number): Point[][] =>
  points.map((point, k) => bar(point, points[(k + 1) % points.length] as Point, width));

/** The place a share of the way from the sides of a quadrilateral (upper left, upper right, lower right, lower left) to the opposite. */
const within = ([a, b, c, d]: readonly Point[], u: number, v: number): Point => {
  const mix = (axis: 0 | 1): number => {
    const at = (point: Point | undefined) => (point as Point)[axis]; // it has four
    return (1 - v) * ((1 - u) * at(a) + u * at(b)) + v * ((1 - u) * at(d) + u * at(c));
  };
  return [mix(0), mix(1)];
};

/** A part of a quadrilateral, from shares of its width and height: where (0, 0) is its first corner and (1, 1) its third. */
export const part = (
  quad: readonly Point[],
  [left, top]: readonly [number, number],
  [right, bottom]: readonly [number, number],
): Point[] => [
  within(quad, left, top),
  within(quad, right, top),
  within(quad, right, bottom),
  within(quad, left, bottom),
];
