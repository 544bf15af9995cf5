/** Lag and rate over time: `uPlot` draws them, and the words above it say the values at the pointer, or the newest. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type ComponentChild, h } from "preact";
import { html } from "htm/preact";
import uPlot from "uplot";
import type { Chart } from "../protocol.ts";
import { clock, number, span, tick } from "./formats.ts";
import { empty } from "./text.ts";

const heightPixels = 150;

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000] as const;

/** How far the ticks of the lag may be apart, in milliseconds: so that each is a round span, and short. */
const lagSteps: readonly number[] = [
  [1, 2, 5, 10, 20, 50, 100, 200, 500],
  [1, 2, 5, 10, 20, 30].map((count) => count * second),
  [1, 2, 5, 10, 20, 30].map((count) => count * minute),
  [1, 2, 4, 8, 12].map((count) => count * hour),
  [1, 2, 5, 10].map((count) => count * day),
].flat();

const isDark = matchMedia("(prefers-color-scheme: dark)");

/** @param element whose style has the page's colours in the present scheme */
const optionsOf = (element: Element, width: number, point: (index: number | null) => void): uPlot.Options => {
  const style = getComputedStyle(element);
  const [rate, lag, grid, text] = ["rate", "lag", "grid", "text"].map((name) =>
    style.getPropertyValue(`--chart-${name}`),
  );
  const axis = {
    stroke: text,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width,
    height: heightPixels,
    ms: 1,
    legend: { show: false },
    padding: [8, 0, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    scales: {
      x: { time: true },
      rate: { range: (_, __, max) => [0, Math.max(4, max * 1.15)] },
      lag: { range: (_, __, max) => [0, Math.max(10, max * 1.15)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        // As wide as a time with its seconds.
        space: 70,
        values: (_, ticks, __, ___, apart) => ticks.map((at) => tick(at, apart)),
      },
      { ...axis, scale: "rate", size: 38, values: (_, ticks) => ticks.map(number) },
      {
        ...axis,
        scale: "lag",
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- a const enum: only uPlot's types have its name.
        side: 1,
        size: 52,
        grid: { show: false },
        incrs: [...lagSteps],
        values: (_, ticks) => ticks.map(span),
      },
    ],
    series: [
      {},
      { scale: "rate", stroke: rate, fill: `${rate}26`, width: 1.5, points: { show: false } },
      { scale: "lag", stroke: lag, width: 1.5, points: { show: false }, spanGaps: true },
    ],
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? null)] },
  };
};

const Plot = ({ chart }: { chart: Chart }) => {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const newest = useRef(chart);
  newest.current = chart;
  const [pointed, setPointed] = useState<number | null>(null);

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, element.clientWidth, setPointed), dataOf(newest.current), element);
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: heightPixels }),
    );
    resized.observe(element);
    isDark.addEventListener("change", draw);
    return () => {
      isDark.removeEventListener("change", draw);
      resized.disconnect();
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(chart)), [chart]);

  const at = pointed ?? chart.at.length - 1;
  const [time, rate, lag] = [chart.at[at], chart.perMinute[at] ?? null, chart.lag[at] ?? null];
  const said = `${rate === null ? "–" : number(rate)} per minute`;
  const lagSaid = `Lag ${lag === null ? "–" : span(lag)}`;
  return html`<figure class="chart">
    <figcaption>
      <span class="of-rate">${said}</span>
      <span class="of-lag">${lagSaid}</span>
      <span class="muted">${pointed === null || time === undefined ? "now" : clock(time)}</span>
    </figcaption>
    <div ref=${place} role="img" aria-label=${`Chart of deliveries: ${said}, ${lagSaid}`}></div>
  </figure>`;
};

const dataOf = ({ at, perMinute, lag }: Chart): uPlot.AlignedData => [at, perMinute, lag];

export const chartOf = (chart: Chart): ComponentChild =>
  chart.at.length === 0 ? empty("No delivery yet: the chart begins with the first.") : h(Plot, { chart });
