/** The response trend: mean and 90th percentile of an hour, with the limits of the alerts. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { byId, make } from "./dom";
import { secondsWithUnit, timeOfDay } from "./format";
import type { State } from "./state";

/** A tail beyond this many times the critical limit is cut off: the rest would be a flat line. */
const HEADROOM = 4;

export class Trend {
  #chart: uPlot | null = null;
  #drawn = "";
  #made = "";

  constructor() {
    new ResizeObserver(() => {
      this.#made = "";
    }).observe(byId("trend"));
  }

  draw(state: State): void {
    const box = byId("trend");
    const { clientWidth: width, clientHeight: height } = box;
    if (!width || !height) return;
    const { trend, timezone, thresholds } = state.wall;
    const made = JSON.stringify([width, height, timezone, document.documentElement.dataset.theme, state.language]);
    const drawn = JSON.stringify(trend);
    if (made === this.#made && drawn === this.#drawn) return;
    const data = series(state);
    if (made !== this.#made) {
      this.#chart?.destroy();
      this.#chart = new uPlot(options(width, height, state), data, box);
      legend(state);
    } else {
      this.#chart?.setData(data);
    }
    [this.#made, this.#drawn] = [made, drawn];
    const last = trend.at(-1);
    const text = (ms: number | null | undefined) => secondsWithUnit(ms ?? null, state.texts);
    const { warning, critical } = thresholds.alerts.shop_slow;
    const summary = state.texts.trendSummary(text(last?.mean_ms), text(last?.p90_ms));
    box.setAttribute("aria-label", `${summary} (${state.texts.limits(warning ?? 0, critical ?? 0)})`);
  }
}

function series(state: State): uPlot.AlignedData {
  const { trend, thresholds } = state.wall;
  const { warning, critical } = thresholds.alerts.shop_slow;
  const seconds = (ms: number | null) => (ms === null ? null : ms / 1000);
  return [
    trend.map((point) => point.at / 1000),
    trend.map((point) => seconds(point.p90_ms)),
    trend.map((point) => seconds(point.mean_ms)),
    trend.map(() => warning),
    trend.map(() => critical),
  ];
}

function options(width: number, height: number, state: State): uPlot.Options {
  const { thresholds, timezone } = state.wall;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const size = parseFloat(style.fontSize);
  const font = `${Math.round(1.15 * size)}px system-ui, sans-serif`;
  const critical = thresholds.alerts.shop_slow.critical ?? 100;
  const axis = { font, stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const line = (name: string, line_width: number, dash?: number[]): uPlot.Series => ({
    stroke: colour(name),
    width: line_width * (size / 16),
    points: { show: false },
    ...(dash ? { dash } : {}),
  });
  return {
    width,
    height,
    padding: [size * 0.6, size * 1.6, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      y: {
        range: (_, __, max) => [0, Math.min(Math.max(max * 1.08, critical * 1.25), critical * HEADROOM)],
      },
    },
    axes: [
      {
        ...axis,
        size: size * 2.1,
        gap: size * 0.4,
        space: size * 6,
        values: (_, ticks) => ticks.map((at) => timeOfDay(at * 1000, timezone, false)),
      },
      { ...axis, size: size * 3.4, gap: size * 0.4, space: size * 2.6, values: (_, ticks) => ticks.map((v) => String(v)) },
    ],
    series: [
      {},
      line("--p90", 2, [2, 4]),
      line("--mean", 4),
      line("--warning", 2, [12, 6]),
      line("--critical", 2, [12, 6]),
    ],
  };
}

function legend(state: State): void {
  const { texts, wall } = state;
  const { warning, critical } = wall.thresholds.alerts.shop_slow;
  const entry = (kind: string, text: string) => make("span", `key ${kind}`, make("span", "swatch"), text);
  byId("trend-legend").replaceChildren(
    entry("mean", texts.mean),
    entry("p90", texts.percentile),
    entry("warning", `${warning} ${texts.secondUnit}`),
    entry("critical", `${critical} ${texts.secondUnit}`),
  );
}
