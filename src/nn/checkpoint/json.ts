// What JSON.parse does not tell: a name that an object has twice. It keeps the last of them, and a tensor would be lost in silence.

const tokens = /"(?:[^"\\]|\\.)*"|[{}:]/g;

/** The first name that an object in a JSON text has twice. The text is JSON that parses. */
export const duplicateName = (text: string): string | undefined => {
  const open: Set<string>[] = [];
  let string = "";
  for (const [token] of text.matchAll(tokens)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (token !== ":") string = token;
    else {
      const name = JSON.parse(string) as string; // a colon follows a string only
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return undefined;
};

/** Whether a parsed value is an object with names. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A JSON text parsed, or undefined where it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON text means undefined
  }
};
