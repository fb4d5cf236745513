import { cases } from "../bench/cases/index.ts";
import { median } from "../bench/measure.ts";
const c = cases.find(x=>x.name===process.argv[2])!;
const abs = Math.abs; if (process.argv[3]==="hack") Math.abs = () => 0;
const job = await c.start("full", process.argv[4] ?? "cpu"); Math.abs = abs;
const t0=performance.now(); await job.run(); const first = performance.now()-t0;
const s:number[]=[]; const n = +(process.argv[5] ?? 15);
for (let i=0;i<n+5;i++){ const t=performance.now(); await job.run(); const d = performance.now()-t; if (i>=5) s.push(d); }
console.log(s.map(x=>x.toFixed(0)).join(" "));console.log(c.name, "first", first.toFixed(0), "median", median(s).toFixed(3), "min", Math.min(...s).toFixed(3), "rss", (process.resourceUsage().maxRSS/1024).toFixed(0));
