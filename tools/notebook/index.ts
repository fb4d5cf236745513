// What notebooks import: `display`, tables, Markdown, and whether to be quick. docs/notebooks.md shows how.

export { display, isQuick, type Shown } from "./display.ts";
export { type Bundle, type Output, type Rich, richData, richMetadata } from "./rich.ts";
export { type Entry, html, markdown, type TableOptions, table } from "./texts.ts";
