// Shaders without the functions that they do not call.

/** A function of GLSL from its first line to its last, as gpu.js and we write them: the brace that ends it begins a line. */
const definitions = /^\w+ (\w+)\([^)]*\) \{\n[\s\S]*?^\}\n/gm;

const wordsIn = (text: string): readonly string[] => text.match(/\w+/g) ?? [];

/** GLSL in which functions that `main` does not lead to are left out. */
export const shorten = (glsl: string): string => {
  const bodies = new Map<string, string[]>();
  const outside = glsl.replace(definitions, (text: string, name: string) => {
    bodies.set(name, [...(bodies.get(name) ?? []), text]); // overloads share a name
    return "";
  });
  // Declarations ahead of a definition are no calls.
  const calls = outside.replace(/^\w+ \w+\([^)]*\);$/gm, "");
  const used = new Set<string>();
  const visit = (name: string): void => {
    if (used.has(name)) return;
    used.add(name);
    for (const text of bodies.get(name) ?? [])
      for (const word of wordsIn(text)) if (bodies.has(word)) visit(word);
  };
  visit("main");
  for (const word of wordsIn(calls)) if (bodies.has(word)) visit(word);
  return glsl.replace(definitions, (text: string, name: string) => (used.has(name) ? text : ""));
};
