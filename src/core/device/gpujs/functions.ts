// Functions that kernels on graphics cards call in place of the card's own, which lose digits, overflow early or forget NaN. Each is text in
// the language of gpu.js kernels, so that every mode has it. The few that look into the bits of a number have native text too, for the
// modes that can: WGSL, and GLSL ES 3.00.
//
// Polynomials are those of the Cephes library (S. Moshier, netlib.org/cephes, single precision), made for f32: about 2 ulp.
// `inf` and `nan` are parameters, because the literals mean other things in some modes. Denormal arguments count as 0.

/** One function, of floats. */
export interface KernelFunction {
  readonly name: string;
  /** Names of its parameters. */
  readonly parameters: readonly string[];
  /** Its body in the language of gpu.js kernels. */
  readonly body: string;
  /** Its body in WGSL. */
  readonly wgsl?: string;
  /** Its body in GLSL ES 3.00. */
  readonly glsl?: string;
}

/** The languages that a function may have text of its own for. */
export type NativeLanguage = "wgsl" | "glsl";

const define = (
  name: string,
  parameters: string,
  body: readonly string[],
  native: Partial<Record<NativeLanguage, string>> = {},
): KernelFunction => ({
  name,
  parameters: parameters.split(", "),
  body: body.join("\n"),
  ...native,
});

/** Horner's scheme, one step a line: declares `name`, a polynomial in `x`. */
const polynomial = (
  name: string,
  x: string,
  [first, ...rest]: readonly number[],
): readonly string[] => [
  `let ${name} = ${number(first as number)};`,
  ...rest.map((coefficient) => `${name} = ${name} * ${x} + ${number(coefficient)};`),
];

const number = (value: number): string => (value < 0 ? `(${value})` : String(value));

const powers = [64, 32, 16, 8, 4, 2, 1] as const;
const tests = [...powers.map((p) => [p, 1] as const), ...powers.map((p) => [p, -1] as const)];

/** Lines that bring `m` > 0 to [1, 2) by powers of two, exactly, and count the exponent in `e`. */
const normalize: readonly string[] = tests.map(([power, side]) =>
  side === 1
    ? `if (m >= ${2 ** power}) { m = m * ${2 ** -power}; e = e + ${power}; }`
    : `if (m < ${2 ** (1 - power)}) { m = m * ${2 ** power}; e = e - ${power}; }`,
);

const bits = {
  isNan: define("isNotNumber", "x", ["if (x === x) { return 0; }", "return 1;"], {
    wgsl: "return select(0.0, 1.0, (bitcast<u32>(user_x) & 0x7fffffffu) > 0x7f800000u);",
    glsl: "return (floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u ? 1.0 : 0.0;",
  }),
  /** 2ⁿ for whole n in −126…127, exactly. */
  powerOfTwo: define(
    "powerOfTwo",
    "n",
    [
      "let m = n;",
      "let r = 1;",
      ...tests.map(([power, side]) => {
        const [isBeyond, back] = side === 1 ? [">= ", "-"] : ["<= -", "+"];
        return `if (m ${isBeyond}${power}) { r = r * ${2 ** (side * power)}; m = m ${back} ${power}; }`;
      }),
      "return r;",
    ],
    {
      wgsl: "return bitcast<f32>((i32(user_n) + 127) << 23u);",
      glsl: "return intBitsToFloat((int(n) + 127) << 23);",
    },
  ),
  /** ⌊log₂ x⌋ of a normal x > 0. */
  exponentOf: define("exponentOf", "x", ["let m = x;", "let e = 0;", ...normalize, "return e;"], {
    wgsl: "return f32((bitcast<i32>(user_x) >> 23u) - 127);",
    glsl: "return float((floatBitsToInt(x) >> 23) - 127);",
  }),
  /** x / 2^exponentOf(x), in [1, 2). */
  mantissaOf: define("mantissaOf", "x", ["let m = x;", "let e = 0;", ...normalize, "return m;"], {
    wgsl: "return bitcast<f32>((bitcast<i32>(user_x) & 0x007fffff) | 0x3f800000);",
    glsl: "return intBitsToFloat((floatBitsToInt(x) & 0x007fffff) | 0x3f800000);",
  }),
  /** Exclusive or of whole numbers in 0…65535. */
  xorHalves: define("xorHalves", "a, b", ["return a ^ b;"], {
    wgsl: "return f32(u32(user_a) ^ u32(user_b));",
    glsl: "return float(uint(a) ^ uint(b));",
  }),
} as const;

const divisions = [
  // ⌊a / d⌋ of whole numbers below 2²⁴, d > 0: the card multiplies by a rounded reciprocal, so the quotient may be one off.
  define("floorDivide", "a, d", [
    "const q = Math.floor(a / d);",
    "const r = a - q * d;",
    "if (d < 0) { if (r > 0) { return q - 1; } if (r <= d) { return q + 1; } return q; }",
    "if (r < 0) { return q - 1; }",
    "if (r >= d) { return q + 1; }",
    "return q;",
  ]),
] as const;

const extremes = (["larger", "smaller"] as const).map((name) =>
  define(name, "a, b", [
    "if (isNotNumber(a) > 0) { return a; }",
    "if (isNotNumber(b) > 0) { return b; }",
    `return Math.${name === "larger" ? "max" : "min"}(a, b);`,
  ]),
);

// exp r = 1 + r + r² P(r) for |r| ≤ ln 2 / 2
const expTail = [
  1.98756915e-4, 1.39819995e-3, 8.33345191e-3, 4.1665796e-2, 1.66666655e-1, 5.00000012e-1,
] as const;

const exponential = define("exponential", "x, inf", [
  "if (isNotNumber(x) > 0) { return x; }",
  "if (x > 88.7228317) { return inf; }",
  "if (x < -87.3365479) { return 0; }",
  "const n = Math.floor(x * 1.44269504 + 0.5);",
  // ln 2 in two parts, the first of which n multiplies exactly.
  "const h = x - n * 0.693359375;",
  "const r = h + n * 0.000212194440;",
  ...polynomial("y", "r", expTail),
  "y = y * r * r + r + 1;",
  // n may be 128, whose power f32 does not hold.
  "if (n > 127) { return y * powerOfTwo(127) * 2; }",
  "return y * powerOfTwo(n);",
]);

const exponentialMinusOne = define("exponentialMinusOne", "x, inf", [
  "if (isNotNumber(x) > 0) { return x; }",
  "if (Math.abs(x) > 0.34657359) { return exponential(x, inf) - 1; }",
  ...polynomial("y", "x", expTail),
  "return y * x * x + x;",
]);

// log(1 + m) = m − m²/2 + m³ P(m) for √½ ≤ 1 + m ≤ √2
const logTail = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
] as const;

const logarithms = [
  define("logNearOne", "m", [
    "const z = m * m;",
    ...polynomial("y", "m", logTail),
    "y = y * m * z - 0.5 * z;",
    "return y + m;",
  ]),
  define("logarithm", "x, inf, nan", [
    "if (isNotNumber(x) > 0) { return x; }",
    "if (x < 0) { return nan; }",
    "if (x < 1.17549435e-38) { return -inf; }",
    "if (x > 3.40282346e38) { return x; }",
    "let e = exponentOf(x);",
    "let m = mantissaOf(x);",
    "if (m > 1.41421356) { m = m * 0.5; e = e + 1; }",
    "m = m - 1;",
    "const z = m * m;",
    ...polynomial("y", "m", logTail),
    "y = y * m * z - e * 0.000212194440;",
    "y = y - 0.5 * z;",
    "const s = m + y;",
    "return s + e * 0.693359375;",
  ]),
  define("logOnePlus", "x, inf, nan", [
    "if (isNotNumber(x) > 0) { return x; }",
    "if (x > -0.29289322 && x < 0.41421356) { return logNearOne(x); }",
    "return logarithm(1 + x, inf, nan);",
  ]),
] as const;

const hyperbolicTangent = define("hyperbolicTangent", "x, inf", [
  "if (isNotNumber(x) > 0) { return x; }",
  "const a = Math.abs(x);",
  "if (a < 0.625) {",
  "const z = x * x;",
  ...polynomial(
    "y",
    "z",
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  ),
  "return y * z * x + x;",
  "}",
  "let t = 1;",
  "if (a < 10) { t = 1 - 2 / (exponential(2 * a, inf) + 1); }",
  "if (x < 0) { return -t; }",
  "return t;",
]);

const logistic = define("logistic", "x, inf", [
  // exp 88 is still finite, and 1 / (1 + exp 88) is 0 for f32.
  "if (isNotNumber(x) > 0) { return x; }",
  "if (x < -88) { return 0; }",
  "return 1 / (1 + exponential(-x, inf));",
]);

/**
 * The sine of x + quarter · π/2. π/2 in three parts (Cody and Waite), the first two of which n multiplies exactly for |x| up to 8192; the
 * error grows with |x| beyond.
 */
const circular = define("sineFrom", "x, quarter, nan", [
  "if (isNotNumber(x) > 0) { return x; }",
  "if (Math.abs(x) > 3.40282346e38) { return nan; }",
  "const n = Math.floor(x * 0.636619772 + 0.5);",
  "const r1 = x - n * 1.5703125;",
  "const r2 = r1 - n * 0.00048375129699707031;",
  "const r = r2 - n * 7.5497899548918821e-8;",
  "const k = n + quarter;",
  "const q = k - 4 * Math.floor(k * 0.25);",
  "const z = r * r;",
  "const isCosine = q - 2 * Math.floor(q * 0.5);",
  ...polynomial("s", "z", [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]),
  "s = s * z * r + r;",
  ...polynomial("c", "z", [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]),
  "c = c * z * z - 0.5 * z + 1;",
  "let y = s;",
  "if (isCosine > 0.5) { y = c; }",
  "if (q > 1.5) { y = -y; }",
  "return Math.max(Math.min(y, 1), -1);",
]);

/** As `**` of JavaScript, save for the sign of zeros. The error of x^y is that of y · log x, about |y · log x| ulp. */
const power = define("power", "x, y, inf, nan", [
  "if (y === 0) { return 1; }",
  "if (isNotNumber(x) > 0) { return x; }",
  "if (isNotNumber(y) > 0) { return y; }",
  "const a = Math.abs(x);",
  "if (a === 1 && Math.abs(y) > 3.40282346e38) { return nan; }",
  "const isWhole = (Math.floor(y) === y) ? 1 : 0;",
  "const half = y * 0.5;",
  "const isOdd = (isWhole > 0 && Math.floor(half) !== half) ? 1 : 0;",
  "if (x < 0 && isWhole === 0 && a <= 3.40282346e38) { return nan; }",
  // Small whole powers are products, one rounding for each.
  "if (isWhole > 0 && Math.abs(y) <= 8) {",
  "let product = 1;",
  "for (let i = 0; i < 8; i++) { if (i < Math.abs(y)) { product = product * x; } }",
  "if (y < 0) { return 1 / product; }",
  "return product;",
  "}",
  "const size = exponential(y * logarithm(a, inf, nan), inf);",
  "if (x < 0 && isOdd > 0) { return -size; }",
  "return size;",
]);

/**
 * Lines that declare `out` = erf x as x · P(x²) / Q(x²), the rational approximation of XLA and Eigen (`generic_fast_erf_float`), for |x| up
 * to 4 where erf is 1 in f32. Absolute and relative error below 5e-7 for every x that is not subnormal; odd, exact at 0 and ±∞.
 */
export const errorFunctionLines = (out: string, x: string): readonly string[] => {
  const numerator = [
    -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5,
    -7.34990630326855e-4, -2.95459980854025e-3, -1.60960333262415e-2,
  ];
  const denominator = [
    -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3,
    -1.42647390514189e-2,
  ];
  return [
    `const ${out}x = Math.max(Math.min(${x}, 4), -4);`,
    `const ${out}s = ${out}x * ${out}x;`,
    ...polynomial(`${out}p`, `${out}s`, numerator),
    ...polynomial(`${out}q`, `${out}s`, denominator),
    `const ${out}r = ${out}p / ${out}q;`,
    `const ${out}y = ${out}x * ${out}r;`,
    `const ${out} = Math.max(Math.min(${out}y, 1), -1);`,
  ];
};

const errorFunction = define("errorFunction", "x", [
  "if (isNotNumber(x) > 0) { return x; }",
  ...errorFunctionLines("y", "x"),
  "return y;",
]);

/** Every function by name. */
export const kernelFunctions: ReadonlyMap<string, KernelFunction> = new Map(
  [
    ...Object.values(bits),
    ...divisions,
    ...extremes,
    exponential,
    exponentialMinusOne,
    ...logarithms,
    hyperbolicTangent,
    logistic,
    circular,
    power,
    errorFunction,
  ].map((it) => [it.name, it]),
);

const callsIn = (text: string): readonly string[] =>
  [...text.matchAll(/\b([A-Za-z]+)\(/g)]
    .map(([, name]) => name as string)
    .filter((name) => kernelFunctions.has(name));

/** The functions that a text calls, directly or through one another, those first that call nothing else. */
export const functionsCalledIn = (text: string): readonly KernelFunction[] => {
  const found = new Set<KernelFunction>();
  const visit = (name: string): void => {
    const it = kernelFunctions.get(name) as KernelFunction; // callsIn gives only these
    if (found.has(it)) return;
    for (const inner of callsIn(it.body)) visit(inner);
    found.add(it);
  };
  for (const name of callsIn(text)) visit(name);
  return [...found];
};

/** A function as text in the language of gpu.js. */
export const functionText = ({ name, parameters, body }: KernelFunction): string =>
  `function ${name}(${parameters.join(", ")}) {\n${body}\n}`;
