// Shaders without what they do not call.

import * as assert from "uvu/assert";
import { shorten } from "../../../../../src/core/device/gpujs/gl/shorten.ts";
import { suite } from "../../../../support/suite.ts";

const fn = (name: string, body: string): string => `float ${name}(float x) {\n  ${body}\n}\n`;
const main = "void main(void) {\n  y = used(1.0);\n}\n";

const test = suite("shorten");

test("keeps what main leads to, and drops the rest", () => {
  const deep = fn("deep", "return x;");
  const used = fn("used", "return deep(x);");
  const lonely = fn("lonely", "return deep(x) + other(x);");
  assert.is(
    shorten(`const int N = 3;\n${deep}${lonely}${used}${main}`),
    `const int N = 3;\n${deep}${used}${main}`,
  );
});

test("keeps all overloads of a name, and what is called from constants", () => {
  const overloads = `${fn("used", "return x;")}int used(int x) {\n  return x;\n}\n`;
  const constant = fn("constant", "return x;");
  const text = `${overloads}${constant}const float c = constant(1.0);\n${main}`;
  assert.is(shorten(text), text);
});

test("drops a function that only calls itself, and one that is only declared ahead", () => {
  const loop = fn("loop", "return loop(x);");
  const ahead = "float ahead(float x);\n";
  assert.is(
    shorten(`${ahead}${loop}${fn("ahead", "return x;")}${fn("used", "return x;")}${main}`),
    `${ahead}${fn("used", "return x;")}${main}`,
  );
});

test.run();
