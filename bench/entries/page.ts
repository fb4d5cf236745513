// What a page of a browser runs in place of child.ts.

import { timeAll } from "./work.ts";

Object.assign(globalThis, { timeAll });
