// The two pictures of the page.

import * as Plot from "@observablehq/plot";
import type { Forecast } from "./trainer.ts";

const put = (place: string, chart: Element): void => {
  document.querySelector(place)?.replaceChildren(chart);
};

const width = 900;

/** Losses by step, with their running mean over twenty steps. */
export const drawLosses = (losses: readonly number[]): void =>
  put(
    "#loss",
    Plot.plot({
      width,
      height: 240,
      grid: true,
      x: { label: "step", domain: [0, Math.max(20, losses.length)] },
      y: { label: "Huber loss, in deviations", type: "log", tickFormat: "~r" },
      marks: [
        Plot.dot(losses, { x: (_, i) => i + 1, y: (loss) => loss, r: 1.5, fill: "#9aa4af" }),
        Plot.lineY(
          losses,
          Plot.windowY(
            { k: 20, anchor: "end", strict: false },
            { x: (_, i) => i + 1, y: (loss) => loss, stroke: "#0b6bcb", strokeWidth: 2 },
          ),
        ),
      ],
    }),
  );

/** What was forecast over what came. */
export const drawForecast = ({ minutes, truth, forecast }: Forecast): void => {
  const rows = (name: string, of: readonly number[]) =>
    minutes.map((minute, i) => ({ minute, requests: of[i], line: name }));
  put(
    "#forecast",
    Plot.plot({
      width,
      height: 260,
      grid: true,
      color: { legend: true, domain: ["measured", "forecast"], range: ["#9aa4af", "#d1495b"] },
      x: { label: "minute" },
      y: { label: "requests a minute" },
      marks: [
        Plot.lineY([...rows("measured", truth), ...rows("forecast", forecast)], {
          x: "minute",
          y: "requests",
          stroke: "line",
        }),
      ],
    }),
  );
};
